using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Health;

/// <summary>Runs the health checks of one process of a resource.</summary>
internal sealed class ResourceHealth(IResource resource, int replica, HealthCheckService checks)
{
    private readonly HealthCheckAnnotation[] _annotations = [.. resource.Annotations.OfType<HealthCheckAnnotation>()];

    /// <summary>What is known before the first run: nothing.</summary>
    public ImmutableArray<HealthReportSnapshot> Unknown => [.. _annotations.Select(check => new HealthReportSnapshot(check.Key, null, null, null))];

    public async Task<ImmutableArray<HealthReportSnapshot>> CheckAsync(CancellationToken cancellationToken) =>
        [.. await Task.WhenAll(_annotations.Select(check => CheckAsync(check, cancellationToken)))];

    private async Task<HealthReportSnapshot> CheckAsync(HealthCheckAnnotation check, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        if (check is HttpProbeAnnotation probe)
        {
            var result = await HttpProbe.RunAsync(probe, replica, cancellationToken);
            return new HealthReportSnapshot(check.Key, result.Status, result.Description, null) { LastRunAt = now };
        }

        var report = await checks.CheckHealthAsync(registration => registration.Name == check.Key, cancellationToken);
        return report.Entries.TryGetValue(check.Key, out var entry)
            ? new HealthReportSnapshot(check.Key, entry.Status, entry.Description, entry.Exception?.Message) { LastRunAt = now }
            : new HealthReportSnapshot(check.Key, HealthStatus.Unhealthy, $"No health check is registered as '{check.Key}'.", null) { LastRunAt = now };
    }
}
