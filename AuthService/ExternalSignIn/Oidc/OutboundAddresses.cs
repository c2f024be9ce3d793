using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>
/// Where this service may be sent to by what administrators configure and providers answer: https only, and never to addresses inside,
/// whatever a name resolves to at the moment of the connection. Loopback, also without TLS, in Development and Test only.
/// </summary>
internal sealed class OutboundAddresses(IOptions<ExternalSignInOptions> options, IHostEnvironment environment)
{
    private static readonly IPNetwork[] Never = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/3",
        "::/128", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fe80::/10", "ff00::/8");

    private static readonly IPNetwork[] Private = Networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10");

    private readonly bool _allowsLoopback = environment.IsDevelopment() || environment.IsEnvironment("Test");

    /// <summary>An address as such: no user, no fragment, a scheme that is allowed.</summary>
    public bool Allows(Uri address) =>
        address.IsAbsoluteUri && address.UserInfo.Length == 0 && address.Fragment.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (_allowsLoopback && address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    /// <summary>What a name has resolved to.</summary>
    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain)) return _allowsLoopback;
        if (Never.Any(network => network.Contains(plain))) return false;
        return options.Value.AllowPrivateAddresses || !Private.Any(network => network.Contains(plain));
    }

    /// <summary>Connects to an address that is allowed. The check is made on what is connected to, so no second look-up can differ.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var allowed = found.Where(Allows).ToArray();
        if (allowed.Length == 0) throw new HttpRequestException(HttpRequestError.ConnectionError, "The address is not one that may be connected to.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPNetwork[] Networks(params string[] texts) => [.. texts.Select(IPNetwork.Parse)];
}
