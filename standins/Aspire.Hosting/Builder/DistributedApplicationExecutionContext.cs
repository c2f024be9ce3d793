namespace Aspire.Hosting;

/// <summary>What the AppHost is run for.</summary>
public enum DistributedApplicationOperation
{
    Run = 0,
    Publish = 1,
}

/// <summary>What the AppHost is run for; only running is possible here.</summary>
public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    public DistributedApplicationOperation Operation { get; } = operation;

    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    /// <exception cref="InvalidOperationException">The application is not built yet.</exception>
    public IServiceProvider ServiceProvider => Services?.Invoke() ?? throw new InvalidOperationException("The application is not built yet.");

    internal Func<IServiceProvider>? Services { get; set; }
}
