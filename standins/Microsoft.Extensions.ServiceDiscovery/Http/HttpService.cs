using Microsoft.Extensions.ServiceDiscovery.Internal;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>The endpoints of one service, chosen in turn.</summary>
internal sealed class HttpService(ServiceEndpointWatcher watcher, ServiceDiscoveryOptions options)
{
    private volatile EndpointSet? _set;
    private uint _turn;

    public ValueTask<HttpEndpoint> PickAsync(CancellationToken cancellationToken)
    {
        var source = watcher.GetEndpointsAsync(cancellationToken);
        return source.IsCompletedSuccessfully ? new ValueTask<HttpEndpoint>(Pick(source.Result)) : AwaitAsync(source);
    }

    private async ValueTask<HttpEndpoint> AwaitAsync(ValueTask<ServiceEndpointSource> source) => Pick(await source);

    private HttpEndpoint Pick(ServiceEndpointSource source)
    {
        var set = _set;
        if (set is null || !ReferenceEquals(set.Source, source))
        {
            // Two requests may both do this after a change; either result is right.
            _set = set = new EndpointSet(source, [.. source.Endpoints.Select(endpoint => new HttpEndpoint(endpoint, options))]);
        }

        return set.Endpoints switch
        {
            [] => throw new InvalidOperationException($"Unable to resolve endpoint for service {watcher.ServiceName}"),
            [var only] => only,
            var several => several[(int)(Interlocked.Increment(ref _turn) % (uint)several.Length)],
        };
    }

    private sealed record EndpointSet(ServiceEndpointSource Source, HttpEndpoint[] Endpoints);
}
