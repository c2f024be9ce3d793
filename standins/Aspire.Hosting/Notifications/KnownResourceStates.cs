namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states of a resource.</summary>
public static class KnownResourceStates
{
    public static readonly string NotStarted = nameof(NotStarted);
    public static readonly string Waiting = nameof(Waiting);
    public static readonly string Starting = nameof(Starting);
    public static readonly string Running = nameof(Running);
    public static readonly string RuntimeUnhealthy = nameof(RuntimeUnhealthy);
    public static readonly string Stopping = nameof(Stopping);
    public static readonly string Exited = nameof(Exited);
    public static readonly string Finished = nameof(Finished);
    public static readonly string FailedToStart = nameof(FailedToStart);
    public static readonly string ValueMissing = nameof(ValueMissing);
    public static readonly string Building = nameof(Building);
    public static readonly string Active = nameof(Active);

    /// <summary>Nothing more happens by itself.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, Exited, FailedToStart];

    /// <summary>Not one of Aspire's, which never restarts a process.</summary>
    internal const string Restarting = nameof(Restarting);
}

/// <summary>How a state is shown.</summary>
public static class KnownResourceStateStyles
{
    public static readonly string Success = "success";
    public static readonly string Info = "info";
    public static readonly string Warn = "warn";
    public static readonly string Error = "error";
}
