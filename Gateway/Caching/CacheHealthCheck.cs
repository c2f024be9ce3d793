using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.Gateway.Caching;

/// <summary>Degraded, never unhealthy, while no answers are kept: every read then goes to DataService in full.</summary>
internal sealed class CacheHealthCheck(AnswerStore store) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        store.IsOpen ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("DataService does not say what is written; no answers are kept."));
}
