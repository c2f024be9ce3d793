using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Sessions;

/// <summary>
/// From where a request comes. Behind the gateway that is what the gateway says (the last entry of X-Forwarded-For, which is its
/// own); from anybody else the header is not believed.
/// </summary>
internal sealed class ClientAddress(IOptions<BackoffOptions> options)
{
    private readonly HashSet<IPAddress> _proxies = [.. options.Value.TrustedProxies.Select(IPAddress.Parse)];

    public string Of(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        if (IsProxy(peer) && context.Request.Headers["X-Forwarded-For"] is [.., { Length: > 0 } forwarded]
            && IPAddress.TryParse(forwarded.Split(',')[^1].Trim(), out var client))
        {
            return Network(Plain(client));
        }

        return Network(peer);
    }

    /// <summary>Where the client reached the mesh: what the gateway says, otherwise the address of the request itself.</summary>
    public Uri ReachedAt(HttpContext context)
    {
        var request = context.Request;
        var isForwarded = IsProxy(Plain(context.Connection.RemoteIpAddress ?? IPAddress.None));
        var host = isForwarded && request.Headers["X-Forwarded-Host"] is [{ Length: > 0 } forwardedHost] ? forwardedHost : request.Host.Value;

        // Not that of this request, which has TLS of the mesh also where the client's has none.
        var scheme = isForwarded && request.Headers["X-Forwarded-Proto"] is ["http" or "https"] and [{ } forwardedScheme] ? forwardedScheme : request.Scheme;
        return Uri.TryCreate($"{scheme}://{host}", UriKind.Absolute, out var address) ? address : new Uri($"{request.Scheme}://{request.Host}");
    }

    private bool IsProxy(IPAddress peer) => _proxies.Count == 0 ? IPAddress.IsLoopback(peer) : _proxies.Contains(peer);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>A subscriber has at least a /64 of IPv6 addresses to choose from, so those count as one.</summary>
    private static string Network(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        return IPAddress.IsLoopback(address) ? address.ToString() : $"{new IPAddress([.. bytes.AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0])}/64";
    }
}
