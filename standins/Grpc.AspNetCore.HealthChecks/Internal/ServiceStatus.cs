using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks.Internal;

internal static class ServiceStatus
{
    /// <summary>A degraded service still serves; a service without any check is unknown.</summary>
    public static ServingStatus Of(IEnumerable<HealthReportEntry> entries)
    {
        var status = ServingStatus.Unknown;
        foreach (var entry in entries)
        {
            if (entry.Status == HealthStatus.Unhealthy)
                return ServingStatus.NotServing;
            status = ServingStatus.Serving;
        }

        return status;
    }
}
