using System.Net;
using AiMesh.Gateway.Settings;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;

namespace AiMesh.Gateway.Resilience;

/// <summary>Gives every cluster health checks and time-outs, so that none is forgotten; what its configuration says goes before.</summary>
internal sealed class ClusterDefaults(LiveSettings live) : IProxyConfigFilter
{
    /// <summary>Streams of RPCs may be silent for long; their callers have deadlines.</summary>
    private static readonly TimeSpan StreamTimeout = TimeSpan.FromMinutes(10);

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel)
    {
        var defaults = live.Current.Resilience;
        var request = cluster.HttpRequest ?? new();
        var metadata = new Dictionary<string, string>(cluster.Metadata ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase);
        metadata.TryAdd(ConsecutiveFailuresHealthPolicyOptions.ThresholdMetadataName, "2");
        return new(cluster with
        {
            Metadata = metadata,
            HttpRequest = request with
            {
                ActivityTimeout = request.ActivityTimeout ?? (request.Version == HttpVersion.Version20 ? StreamTimeout : defaults.ActivityTimeout),
            },
            HealthCheck = cluster.HealthCheck ?? new HealthCheckConfig
            {
                // When all are taken for dead, all are tried: a wrong verdict must not become an outage. The breaker keeps that cheap.
                AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
                Active = new ActiveHealthCheckConfig
                {
                    Enabled = true,
                    Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
                    Path = "/alive",
                    Interval = defaults.ProbeInterval,
                    Timeout = defaults.ProbeTimeout,
                },
                Passive = new PassiveHealthCheckConfig
                {
                    Enabled = true,
                    Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                    ReactivationPeriod = TimeSpan.FromSeconds(5),
                },
            },
        });
    }

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
}
