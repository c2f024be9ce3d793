using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery.Internal;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>
/// Picks an endpoint for a request URI. This stands before every call between services, so once a service is known its path
/// allocates nothing: no string is built for the look-up, and nothing is parsed.
/// </summary>
internal sealed class HttpServiceResolver(ServiceEndpointWatcherFactory factory, IOptions<ServiceDiscoveryOptions> options)
{
    // A client that is pointed at ever new hosts (web hooks) must not fill the memory. Entries are cheap to make anew.
    private const int MaxServices = 1024;

    private readonly ConcurrentDictionary<Authority, HttpService> _services = new();

    public ValueTask<HttpEndpoint> PickAsync(Uri uri, CancellationToken cancellationToken)
    {
        var authority = new Authority(uri.Scheme, uri.Host, uri.Port);
        return (_services.TryGetValue(authority, out var service) ? service : Add(authority, uri)).PickAsync(cancellationToken);
    }

    private HttpService Add(Authority authority, Uri uri)
    {
        if (_services.Count >= MaxServices)
        {
            _services.Clear();
        }

        return _services.GetOrAdd(
            authority,
            static (_, state) => new HttpService(
                state.factory.CreateWatcher(state.uri.GetLeftPart(UriPartial.Authority)),
                state.Value),
            (factory, uri, options.Value));
    }

    /// <summary>Scheme and host come out of <see cref="Uri"/> in lower case.</summary>
    private readonly record struct Authority(string Scheme, string Host, int Port);
}
