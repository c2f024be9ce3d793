using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.Gateway.Limits;

/// <summary>Degraded, never unhealthy, while limits are counted per replica: the gateway serves on.</summary>
internal sealed class LimitHealthCheck(Limiter limiter) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(limiter.IsLost ? HealthCheckResult.Degraded("Redis is away; each replica counts for itself.") : HealthCheckResult.Healthy());
}
