using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.ServiceDiscovery.Internal;

namespace Microsoft.Extensions.ServiceDiscovery.PassThrough;

internal sealed class PassThroughServiceEndpointProviderFactory : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        var text = query.ToString()!;
        var uri = new Uri(text.Contains("://", StringComparison.Ordinal) ? text : $"none://{text}");
        EndPoint endPoint = EndPointParser.FromHost(query.ServiceName, uri.Port);
        provider = new PassThroughServiceEndpointProvider(endPoint);
        return true;
    }
}
