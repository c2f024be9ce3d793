using System.Text.RegularExpressions;

namespace AiMesh.Guards;

/// <summary>Whether guard files still fit the code, without building anything.</summary>
internal static partial class GuardCheck
{
    /// <returns>A line for each fault; none when all fit.</returns>
    public static IEnumerable<string> Faults(string root, IReadOnlyList<Guard> guards)
    {
        var tests = guards.Select(guard => guard.Project).Distinct().ToDictionary(project => project, project => TestNames(root, project));
        foreach (var guard in guards)
        {
            foreach (var edit in guard.Edits)
            {
                if (FaultOf(root, edit) is { } fault)
                    yield return $"{guard.Name}: {fault}";
                else if (edit.Old == edit.New)
                    yield return $"{guard.Name}: changes nothing";
            }

            foreach (var name in guard.Tests.Where(name => !tests[guard.Project].Any(test => test.Contains(name, StringComparison.OrdinalIgnoreCase))))
                yield return $"{guard.Name}: no test of {guard.Project} has '{name}' in its name";
        }
    }

    public static string? FaultOf(string root, Edit edit)
    {
        var path = Path.Combine(root, edit.File);
        if (!File.Exists(path))
            return $"there is no {edit.File}";
        var count = Edit.Count(File.ReadAllText(path), edit.Old);
        return count == 1 ? null : $"pattern found {count} times in {edit.File}";
    }

    /// <summary>Folder, class and method of each test, as far as the text of the sources tells: what filters are written against.</summary>
    private static List<string> TestNames(string root, string project)
    {
        var folder = Path.Combine(root, "tests", project + ".Tests");
        return !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Name: Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('/', '.'), File: file))
            .Where(source => !source.Name.StartsWith("bin.", StringComparison.Ordinal) && !source.Name.StartsWith("obj.", StringComparison.Ordinal))
            .SelectMany(source => Test().Matches(File.ReadAllText(source.File)).Select(test => $".{source.Name}.{test.Groups["method"].Value}"))
            .ToList();
    }

    [GeneratedRegex(@"\[(Fact|Theory)\b(?:(?!\[Fact|\[Theory)[\s\S])*?\b(Task|void) (?<method>\w+)\(")]
    private static partial Regex Test();
}
