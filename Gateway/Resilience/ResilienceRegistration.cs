using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Resilience;

/// <summary>Health checks, time-outs, breakers and retries in front of every service (G1, G11).</summary>
internal static class ResilienceRegistration
{
    public static void AddResilience(this IReverseProxyBuilder proxy)
    {
        proxy.Services.AddSingleton(provider =>
        {
            var gates = new ClusterGates(provider.GetRequiredService<TimeProvider>());
            GatewayDiagnostics.Mesh.Meter.CreateObservableGauge("aimesh.gateway.cluster.open", gates.Measure, description: "1 while requests to the cluster are refused because it failed.");
            return gates;
        });
        proxy.Services.Configure<TransportFailureRateHealthPolicyOptions>(options =>
            (options.DetectionWindowSize, options.MinimalTotalCountThreshold, options.DefaultFailureRateLimit) = (TimeSpan.FromSeconds(10), 5, 0.3));
        proxy.AddConfigFilter<ClusterDefaults>();
        proxy.AddTransforms(static transforms => transforms.AddResponseTransform(ClusterGuard.NoteAnswer));
    }

    /// <summary>The order matters: one visit to the gate for all tries, and the health of a destination learns of each try.</summary>
    public static void UseResilience(this IReverseProxyApplicationBuilder proxy)
    {
        proxy.UseMiddleware<ClusterGuard>();
        proxy.UseMiddleware<RetryElsewhere>();
        proxy.UseSessionAffinity();
        proxy.UseLoadBalancing();
        proxy.UsePassiveHealthChecks();
    }
}
