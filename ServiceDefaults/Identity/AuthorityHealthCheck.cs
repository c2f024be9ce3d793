using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Unhealthy until keys, revocations and access policies were fetched once, as no caller can be verified or let in before, and when revocations or policies
/// got so old that nothing is decided by them any more; degraded while either is older than <see cref="StaleAfter"/>, as what was taken away may then still be given.
/// </summary>
internal sealed class AuthorityHealthCheck(IServiceProvider services, IOptions<MeshAuthenticationOptions> options) : IHealthCheck
{
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(15);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        var policies = services.GetRequiredService<AccessPolicies>();
        if (!policies.IsUsable) return HealthCheckResult.Unhealthy(policies.Age is null ? "Access policies were never fetched." : "Access policies are too old to decide by.");
        if (!options.Value.IsAuthority && services.GetRequiredService<IAccessTokenKeySource>().Current.Count == 0) return HealthCheckResult.Unhealthy("Keys were never fetched.");
        var revocations = services.GetRequiredService<RevocationList>().Age;
        if (revocations is null) return HealthCheckResult.Unhealthy("Revocations were never fetched.");
        if (revocations > options.Value.MaxRevocationAge) return HealthCheckResult.Unhealthy("Revocations are too old to believe a token.");
        if (revocations > StaleAfter) return HealthCheckResult.Degraded("Revocations are stale.");
        return policies.Age > StaleAfter ? HealthCheckResult.Degraded("Access policies are stale.") : HealthCheckResult.Healthy();
    }
}
