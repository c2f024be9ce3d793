using System.Diagnostics;

namespace AiMesh.Guards;

/// <summary>Removes guards in turn, in one copy.</summary>
internal sealed class GuardRun(WorkingCopy copy)
{
    /// <summary>All guards of one test project. Its tests run once with every guard in place: what fails then shows nothing later.</summary>
    public async Task<IReadOnlyList<Verdict>> RunAsync(IReadOnlyList<Guard> guards, CancellationToken cancellationToken)
    {
        var project = guards[0].TestProject;
        var before = await TestRunner.RunAsync(copy.Folder, project, guards.SelectMany(guard => guard.Tests).Distinct(), restore: true, untilFirstFailure: false, cancellationToken);
        if ((before.BuildError ?? before.Ending) is { } fault)
            throw new InvalidOperationException($"{project} with all guards in place: {fault}");
        var broken = before.Failed.ToHashSet();
        Console.WriteLine($"{project}: {before.Total} tests with all guards in place{(broken.Count == 0 ? "" : $"; these fail there, and show nothing: {string.Join(", ", broken)}")}");

        var verdicts = new List<Verdict>();
        foreach (var guard in guards)
        {
            var started = Stopwatch.GetTimestamp();
            var verdict = await WithoutAsync(guard, broken, cancellationToken);
            verdicts.Add(verdict);
            Console.WriteLine($"{guard.Name,-24} {verdict.Text}, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        }

        return verdicts;
    }

    private async Task<Verdict> WithoutAsync(Guard guard, HashSet<string> broken, CancellationToken cancellationToken)
    {
        var originals = new Dictionary<string, string>();
        try
        {
            foreach (var edit in guard.Edits)
            {
                if (GuardCheck.FaultOf(copy.Folder, edit) is { } fault)
                    return new Verdict(Outcome.NotApplicable, fault);

                var path = Path.Combine(copy.Folder, edit.File);
                var text = await File.ReadAllTextAsync(path, cancellationToken);
                originals.TryAdd(path, text);
                await File.WriteAllTextAsync(path, text.Replace(edit.Old, edit.New, StringComparison.Ordinal), cancellationToken);
            }

            var run = await TestRunner.RunAsync(copy.Folder, guard.TestProject, guard.Tests, restore: false, untilFirstFailure: broken.Count == 0, cancellationToken);
            return Verdict.Of(guard, run, broken);
        }
        finally
        {
            foreach (var (path, text) in originals)
                await File.WriteAllTextAsync(path, text, CancellationToken.None);
        }
    }
}
