namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource starts only when another has come far enough.</summary>
public sealed class WaitAnnotation(IResource resource, WaitType waitType, int exitCode = 0) : IResourceAnnotation
{
    public IResource Resource { get; } = resource;

    public WaitType WaitType { get; } = waitType;

    /// <summary>Null: <see cref="ResourceNotificationServiceOptions.DefaultWaitBehavior"/>.</summary>
    public WaitBehavior? WaitBehavior { get; init; }

    /// <summary>For <see cref="WaitType.WaitForCompletion"/>: the one that counts as success.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>How far the other resource must have come.</summary>
public enum WaitType
{
    WaitUntilHealthy = 0,
    WaitForCompletion = 1,
    WaitUntilStarted = 2,
}

/// <summary>What a wait does when the other resource has failed.</summary>
public enum WaitBehavior
{
    WaitOnResourceUnavailable = 0,
    StopOnResourceUnavailable = 1,
}
