using AiMesh.ServiceDefaults.ServiceIdentity;
using Yarp.ReverseProxy.Forwarder;

namespace AiMesh.Gateway.Routes;

/// <summary>
/// Connects clusters to the service that their metadata name under <c>Service</c>: the gateway shows its certificate, and takes nobody else's answer
/// for that service's. A cluster without the name is none of the mesh and gets YARP's own client.
/// </summary>
internal sealed class MeshForwarderClientFactory(MeshConnector connector, IConfiguration configuration, ILogger<ForwarderHttpClientFactory> logger)
    : ForwarderHttpClientFactory(logger)
{
    private const string Service = "Service";

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);

        // Many RPCs share one HTTP/2 connection; when its other end vanishes without a word, pings find out.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(5);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        // Without it there is no span for each forwarded request; TraceParent takes the trace on.
        if (!configuration.RecordsSpans()) handler.ActivityHeadersPropagator = null;
        if (ServiceIn(context.NewMetadata) is { } service) connector.Configure(handler, service);
    }

    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && ServiceIn(context.OldMetadata) == ServiceIn(context.NewMetadata);

    private static string? ServiceIn(IReadOnlyDictionary<string, string>? metadata) => metadata?.GetValueOrDefault(Service);
}
