using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>Unhealthy once the certificate has ended, as every peer then refuses it; degraded while its renewal is overdue or failing.</summary>
internal sealed class CertificateHealthCheck(IServiceProvider services, IOptions<MeshCertificateOptions> options, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check());

    private HealthCheckResult Check()
    {
        if (options.Value.Mode == MeshCertificateMode.None) return HealthCheckResult.Healthy();
        var store = services.GetRequiredService<MeshCertificateStore>();
        var (self, now) = (store.Current.Self, time.GetUtcNow());
        if (now > self.NotAfter) return HealthCheckResult.Unhealthy("The certificate has ended.");
        if (store.Problem is { } problem) return HealthCheckResult.Degraded($"The renewed certificate cannot be used: {problem}");
        return now > self.LeaveAt ? HealthCheckResult.Degraded("The certificate is about to end.") : HealthCheckResult.Healthy();
    }
}
