using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Microsoft.Extensions.ServiceDiscovery.Http;

/// <summary>An endpoint as request URIs see it.</summary>
internal sealed class HttpEndpoint(ServiceEndpoint endpoint, ServiceDiscoveryOptions options)
{
    // gRPC uses one Uri object per method for all its calls, so the few objects seen lately are worth remembering. They are
    // found by identity: comparing URIs would cost about as much as building them.
    private const int Slots = 64;

    private readonly Rewritten?[] _rewritten = new Rewritten?[Slots];

    /// <summary>Name for the <c>Host</c> header, when it is not that of the endpoint.</summary>
    public string? HostName { get; } = endpoint.Features.Get<IHostNameFeature>()?.HostName;

    /// <summary>The URI with the endpoint's scheme, host, port and path prefix; the same object when nothing changes.</summary>
    public Uri Rewrite(Uri uri)
    {
        ref var slot = ref _rewritten[RuntimeHelpers.GetHashCode(uri) & (Slots - 1)];
        if (slot is { } known && ReferenceEquals(known.From, uri))
        {
            return known.To;
        }

        var target = Build(uri);
        slot = new Rewritten(uri, target);
        return target;
    }

    private Uri Build(Uri uri)
    {
        var (scheme, host, port, prefix) = endpoint.EndPoint switch
        {
            UriEndPoint { Uri: var to } => (to.Scheme, to.Host, to.Port, to.AbsolutePath.TrimEnd('/')),
            DnsEndPoint dns => (SchemeOf(uri), dns.Host, dns.Port, ""),
            IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip => (SchemeOf(uri), $"[{ip.Address}]", ip.Port, ""),
            IPEndPoint ip => (SchemeOf(uri), ip.Address.ToString(), ip.Port, ""),
            var other => throw new InvalidOperationException($"Endpoints of type {other.GetType()} are not supported"),
        };

        // Port 0 is "as in the request", and -1 in there "the scheme's own".
        port = port > 0 ? port : uri.Port;
        if (prefix.Length == 0 && port == uri.Port && scheme == uri.Scheme && host == uri.Host)
        {
            return uri;
        }

        var user = uri.UserInfo.Length > 0 ? uri.UserInfo + "@" : "";
        var portText = port > 0 ? ":" + port.ToString(CultureInfo.InvariantCulture) : "";
        return new Uri(string.Concat([scheme, "://", user, host, portText, prefix, uri.PathAndQuery, uri.Fragment]));
    }

    // "https+http" names the schemes that are welcome; an endpoint that has none of its own gets the best allowed.
    private string SchemeOf(Uri uri)
    {
        if (!uri.Scheme.Contains('+', StringComparison.Ordinal))
        {
            return uri.Scheme;
        }

        var allowed = options.ApplyAllowedSchemes(uri.Scheme.Split('+'));
        return allowed.Count > 0 ? allowed[0] : throw new InvalidOperationException($"The scheme '{uri.Scheme}' is not allowed.");
    }

    private sealed record Rewritten(Uri From, Uri To);
}
