namespace Aspire.Hosting.Processes;

/// <summary>What to run, and what happens to it when this process dies without saying goodbye.</summary>
internal sealed record ChildProcessOptions(string FileName, IReadOnlyList<string> Arguments)
{
    public string? WorkingDirectory { get; init; }

    /// <summary>Added to the environment of this process; a null value removes the variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Starts from an empty environment instead of this process's own (PATH is kept).</summary>
    public bool CleanEnvironment { get; init; }

    /// <summary>Unix account to run as; only possible when this process is root. Null: the same account.</summary>
    public string? RunAs { get; init; }

    /// <summary>Signal that asks the program to end, without its SIG prefix.</summary>
    public string StopSignal { get; init; } = "TERM";

    /// <summary>How long the program may take to end by itself when this process has died.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Folder to delete after this process has died; null keeps everything.</summary>
    public string? DeleteWhenOrphaned { get; init; }
}
