using AiMesh.Gateway.Caching;
using AiMesh.Gateway.Problems;
using AiMesh.Gateway.Resilience;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace AiMesh.Gateway.Routes;

/// <summary>The reverse proxy (G1): routes and clusters stand in configuration under <c>ReverseProxy</c>; <see cref="Settings.LiveProxyConfig"/> hands them over.</summary>
internal static class RoutesRegistration
{
    public static void AddRoutes(this WebApplicationBuilder builder)
    {
        var recordsSpans = builder.Configuration.RecordsSpans();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, MeshForwarderClientFactory>();
        builder.Services.AddReverseProxy()
            .AddServiceDiscoveryDestinationResolver()
            .AddCacheTransforms()
            .AddTransforms(transforms =>
            {
                if (!recordsSpans) transforms.AddRequestTransform(TraceParent.ApplyAsync);

                // After all that touch headers: it writes the answer, and then none can be changed any more.
                transforms.AddResponseTransform(StatusToProblem.ApplyAsync);
                // Services see the client's address only where the gateway itself set it.
                transforms.AddXForwarded(ForwardedTransformActions.Set);
            })
            .AddResilience();
    }

    public static void MapRoutes(this WebApplication app)
    {
        app.MapReverseProxy(static proxy =>
        {
            proxy.UseCaching();
            proxy.UseResilience();
        });
        // Anonymous, so that a wrong address is told apart from a missing token.
        app.MapFallback("{**path}", static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }).AllowAnonymous();
    }
}
