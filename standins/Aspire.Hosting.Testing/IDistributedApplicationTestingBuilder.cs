namespace Aspire.Hosting.Testing;

/// <summary>An AppHost that has described its application and not built it: the moment for a test to change it.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Builds the application; start it with <see cref="DistributedApplication.StartAsync"/>, and dispose it.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
