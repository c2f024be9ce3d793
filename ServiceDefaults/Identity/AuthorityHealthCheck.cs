using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Unhealthy until keys and revocations were fetched once, as no caller can be verified before; degraded while revocations are
/// older than <see cref="StaleAfter"/>, as a revoked token may then still be taken.
/// </summary>
internal sealed class AuthorityHealthCheck(IServiceProvider services, IOptions<MeshAuthenticationOptions> options) : IHealthCheck
{
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(15);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (options.Value.IsAuthority) return HealthCheckResult.Healthy();
        if (services.GetRequiredService<IAccessTokenKeySource>().Current.Count == 0) return HealthCheckResult.Unhealthy("Keys were never fetched.");
        return services.GetRequiredService<RevocationPoller>().Age switch
        {
            null => HealthCheckResult.Unhealthy("Revocations were never fetched."),
            { } age when age > StaleAfter => HealthCheckResult.Degraded("Revocations are stale."),
            _ => HealthCheckResult.Healthy(),
        };
    }
}
