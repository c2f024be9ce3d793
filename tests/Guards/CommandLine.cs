namespace AiMesh.Guards;

internal static class CommandLine
{
    private const string Usage = """
        dotnet run --project tests/Guards [-- [--check] [--keep FOLDER] [NAME...]]

        Removes each guard of tests/Guards/*.guards from a copy of the repository and runs the tests that must notice.
        NAME is a guard or a file of guards (without .guards); none means all.
          --check         only says whether the files fit the code; builds nothing
          --keep FOLDER   works in this copy and leaves it for the next run, which then builds less
        Exit code: 0 when the tests noticed each time, 1 when not, 2 when it could not be found out.
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var check = false;
        string? keep = null;
        var names = new HashSet<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--check")
                check = true;
            else if (args[i] == "--keep" && i + 1 < args.Length)
                keep = args[++i];
            else if (args[i].StartsWith('-'))
                return Refuse(Usage);
            else
                names.Add(args[i]);
        }

        var root = RepositoryFolder.Find();
        IReadOnlyList<Guard> all;
        try
        {
            all = GuardFile.ReadAll(Path.Combine(root, "tests", "Guards"));
        }
        catch (FormatException error)
        {
            return Refuse(error.Message);
        }

        var unknown = names.Where(name => !all.Any(guard => guard.Name == name || guard.Group == name)).ToList();
        if (unknown.Count > 0)
            return Refuse($"Neither a guard nor a file of guards: {string.Join(", ", unknown)}");

        var chosen = all.Where(guard => names.Count == 0 || names.Contains(guard.Name) || names.Contains(guard.Group)).ToList();
        return check ? Check(root, chosen) : await RemoveAsync(root, keep, chosen, cancellationToken);
    }

    private static int Check(string root, List<Guard> guards)
    {
        var faults = GuardCheck.Faults(root, guards).ToList();
        faults.ForEach(Console.WriteLine);
        Console.WriteLine($"{guards.Count} guards, {faults.Count} faults");
        return faults.Count == 0 ? 0 : 1;
    }

    private static async Task<int> RemoveAsync(string root, string? keep, List<Guard> guards, CancellationToken cancellationToken)
    {
        var verdicts = new List<Verdict>();
        await using (var copy = await WorkingCopy.CreateAsync(root, keep, cancellationToken))
        {
            var run = new GuardRun(copy);
            foreach (var project in guards.GroupBy(guard => guard.TestProject))
                verdicts.AddRange(await run.RunAsync([.. project], cancellationToken));
        }

        int Count(Outcome outcome) => verdicts.Count(verdict => verdict.Outcome == outcome);
        Console.WriteLine($"{Count(Outcome.Red)} red, {Count(Outcome.Survived)} survived, {Count(Outcome.NotApplicable)} not applicable");
        return Count(Outcome.Red) == verdicts.Count ? 0 : 1;
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}
