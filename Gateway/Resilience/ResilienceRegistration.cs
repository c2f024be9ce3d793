using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Resilience;

/// <summary>Health checks, time-outs, breakers and retries in front of every service (G1, G11).</summary>
internal static class ResilienceRegistration
{
    public static void AddResilience(this IReverseProxyBuilder proxy, IConfiguration configuration)
    {
        proxy.Services.AddOptions<ResilienceOptions>().Bind(configuration.GetSection(ResilienceOptions.Section)).ValidateOnStart();
        proxy.Services.AddSingleton<IValidateOptions<ResilienceOptions>, Validator>();
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

    private sealed class Validator : IValidateOptions<ResilienceOptions>
    {
        public ValidateOptionsResult Validate(string? name, ResilienceOptions options) =>
            ResilienceOptions.Check(options).ToList() is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}
