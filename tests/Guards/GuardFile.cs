using System.Text.RegularExpressions;

namespace AiMesh.Guards;

/// <summary>
/// Reads *.guards. A guard is a block of lines; an empty line ends it:
/// <code>
/// # name (requirements): what it keeps away
/// path/of/a/File.cs
/// - text that is there exactly once; more such lines for a text of several lines
/// + what stands there instead; none to leave it out
/// tests: Gateway ~Part.Of.A.Test.Name|~Another
/// hangs
/// </code>
/// Path, - and + may come several times; <c>hangs</c> is rare. Lines that begin with // are remarks.
/// </summary>
internal static partial class GuardFile
{
    /// <exception cref="FormatException">Lines are wrong; the message names each of them.</exception>
    public static IReadOnlyList<Guard> ReadAll(string folder)
    {
        var errors = new List<string>();
        var guards = Directory.GetFiles(folder, "*.guards").Order(StringComparer.Ordinal)
            .SelectMany(file => Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file), errors)).ToList();

        errors.AddRange(guards.GroupBy(guard => guard.Name).Where(group => group.Count() > 1).Select(group => $"{group.Key}: there are {group.Count()} guards of this name"));
        return errors.Count == 0 ? guards : throw new FormatException(string.Join('\n', errors));
    }

    public static IEnumerable<Guard> Parse(string group, string text, List<string> errors)
    {
        var lines = text.Split('\n');
        for (var start = 0; start < lines.Length; start++)
        {
            var end = start;
            while (end < lines.Length && lines[end].Length > 0)
                end++;

            var block = lines[start..end].Where(line => !line.StartsWith("//", StringComparison.Ordinal)).ToList();
            if (block.Count > 0 && ParseBlock(group, block, fault => errors.Add($"{group}.guards, line {start + 1}: {fault}")) is { } guard)
                yield return guard;
            start = end;
        }
    }

    private static Guard? ParseBlock(string group, List<string> block, Action<string> report)
    {
        var title = Title().Match(block[0]);
        if (!title.Success)
        {
            report($"'{block[0]}' is not '# name: what it keeps away'");
            return null;
        }

        var edits = new List<Edit>();
        Match? tests = null;
        var hangs = false;
        for (var i = 1; i < block.Count;)
        {
            if (block[i] == "hangs")
            {
                (hangs, i) = (true, i + 1);
            }
            else if (Tests().Match(block[i]) is { Success: true } match)
            {
                (tests, i) = (match, i + 1);
            }
            else if (i + 1 < block.Count && block[i + 1].StartsWith('-'))
            {
                edits.Add(new Edit(block[i++], Take(block, '-', ref i), Take(block, '+', ref i)));
            }
            else
            {
                report($"'{block[i]}' is neither a path with '- text' below it, nor 'tests: Project ~Name', nor 'hangs'");
                return null;
            }
        }

        if (edits.Count > 0 && tests is not null)
        {
            var names = tests.Groups["names"].Value.Split('|').Select(name => name[1..]);
            return new Guard(title.Groups["name"].Value, title.Groups["why"].Value, group, edits, tests.Groups["project"].Value, [.. names], hangs);
        }

        report(edits.Count == 0 ? "nothing to replace" : "no line 'tests: Project ~Name'");
        return null;
    }

    /// <summary>The text after the sign and one space, over all lines that follow with that sign.</summary>
    private static string Take(List<string> block, char sign, ref int i)
    {
        var lines = new List<string>();
        for (; i < block.Count && block[i].StartsWith(sign); i++)
            lines.Add(block[i].Length > 2 ? block[i][2..] : "");
        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^# (?<name>[a-z0-9-]+)(?<why>( \([^)]+\))?: .+)$")]
    private static partial Regex Title();

    [GeneratedRegex(@"^tests: (?<project>[A-Za-z]+) (?<names>~[\w.]+(\|~[\w.]+)*)$")]
    private static partial Regex Tests();
}
