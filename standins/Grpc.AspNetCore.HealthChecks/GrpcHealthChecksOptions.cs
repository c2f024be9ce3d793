namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Options of the gRPC health service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Which health checks speak for which service. The empty name stands for all checks unless mapped anew.</summary>
    public ServiceMappingCollection Services { get; } = new();

    /// <summary>
    /// Whether calls are answered from the results published last, instead of running the checks. Checks are published
    /// every <c>HealthCheckPublisherOptions.Period</c>, 30 seconds by default, and for the first time after its delay.
    /// </summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Whether watches go on while the server stops. By default they end with NOT_SERVING.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}
