using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.DataService.Events.Broker;

/// <summary>Degraded, never unhealthy, while events cannot be published: they wait in the database, and all else is served on.</summary>
internal sealed class SinkHealthCheck(EventSink sink) : IHealthCheck
{
    /// <summary>Also a replica that does not publish itself sees when nobody does.</summary>
    private static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(60);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        sink.Outage is { } outage ? HealthCheckResult.Degraded($"Events cannot be published: {outage}")
        : sink.Lag > MaxLag ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"Events have been waiting for RabbitMQ for {sink.Lag.TotalSeconds:0} s."))
        : HealthCheckResult.Healthy());
}
