namespace Aspire.Hosting.ApplicationModel;

/// <summary>How waiting behaves when nothing else is said.</summary>
public sealed class ResourceNotificationServiceOptions
{
    /// <summary>Goes on waiting when a resource has failed, as it may be started again; tests stop instead.</summary>
    public WaitBehavior DefaultWaitBehavior { get; set; }
}
