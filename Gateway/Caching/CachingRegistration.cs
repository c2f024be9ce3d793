using AiMesh.Data.V1;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Caching;

/// <summary>Answers of DataService that are kept and asked about instead of computed again (G4).</summary>
internal static class CachingRegistration
{
    private const string DataCluster = "data";

    public static void AddCaching(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Flights>();
        services.AddSingleton<CacheTransforms>();
        services.AddSingleton<AnswerStore>();
        if (!(builder.Configuration.GetSection(CacheOptions.Section).Get<CacheOptions>() ?? new CacheOptions()).Enabled) return;

        builder.AddMeshClient<Invalidations.InvalidationsClient>("data");
        services.AddHostedService<InvalidationFollower>();
        services.AddHealthChecks().AddCheck<CacheHealthCheck>("cache");
    }

    /// <summary>Decided once for each route: others get no transforms at all.</summary>
    public static IReverseProxyBuilder AddCacheTransforms(this IReverseProxyBuilder proxy) => proxy.AddTransforms(static transforms =>
    {
        var cache = transforms.Services.GetRequiredService<CacheTransforms>();
        if (CachedRoute.Is(transforms.Route))
        {
            transforms.AddRequestTransform(CacheTransforms.Offer);
            transforms.AddResponseTransform(cache.TakeAsync);
        }
        else if (string.Equals(transforms.Route.ClusterId, DataCluster, StringComparison.OrdinalIgnoreCase))
        {
            transforms.AddResponseTransform(cache.ForgetAsync);
        }
    });

    /// <summary>Call it before anything that counts requests to clusters: who waits here is not under way there.</summary>
    public static void UseCaching(this IReverseProxyApplicationBuilder proxy)
    {
        CacheMetrics.Observe(proxy.ApplicationServices.GetRequiredService<AnswerStore>());
        proxy.UseMiddleware<CacheMiddleware>();
    }
}
