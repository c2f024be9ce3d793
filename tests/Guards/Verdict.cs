namespace AiMesh.Guards;

/// <summary>Whether tests noticed that a guard was gone.</summary>
internal sealed record Verdict(Outcome Outcome, string Text)
{
    /// <param name="guard">What was removed.</param>
    /// <param name="run">What its tests did then.</param>
    /// <param name="broken">Tests that fail with the guard as well, so that they show nothing.</param>
    public static Verdict Of(Guard guard, TestRun run, IReadOnlySet<string> broken)
    {
        if (run.BuildError is { } error)
            return new(Outcome.NotApplicable, $"does not build: {error}");

        var noticed = run.Failed.Where(test => !broken.Contains(test)).ToList();
        if (noticed.Count > 0)
            return new(Outcome.Red, $"red: {string.Join(", ", noticed.Take(2))}{(noticed.Count > 2 ? $" and {noticed.Count - 2} more" : "")} ({run.Total} ran)");
        if (run.Ending is { } ending)
            return guard.Hangs && ending == "timed out" ? new(Outcome.Red, "red: hangs, as it should") : new(Outcome.NotApplicable, $"run {ending}, and no test failed");

        return run.Total == 0 ? new(Outcome.NotApplicable, "no test ran") : new(Outcome.Survived, $"SURVIVED {run.Total} tests");
    }
}

internal enum Outcome
{
    Red,
    Survived,
    NotApplicable,
}
