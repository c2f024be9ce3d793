using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>
/// Tells gRPC channels over a client with service discovery not to balance load themselves: they would connect before the
/// handler has had its say. A filter comes after everything else, so it sees the handler that is really used.
/// </summary>
internal sealed class DisableGrpcLoadBalancingFilter(IOptions<DisableGrpcLoadBalancingFilter.Clients> clients) : IHttpMessageHandlerBuilderFilter
{
    // Grpc.Net.Client looks for this property when a channel is made.
    private const string Property = "__GrpcLoadBalancingDisabled";

    private readonly HashSet<string?> _names = clients.Value.Names;

    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        if ((_names.Contains(null) || _names.Contains(builder.Name)) && builder.PrimaryHandler is SocketsHttpHandler handler)
        {
            handler.Properties[Property] = true;
        }
    };

    internal sealed class Clients
    {
        /// <summary>Names of clients; null stands for all of them.</summary>
        public HashSet<string?> Names { get; } = [];
    }
}
