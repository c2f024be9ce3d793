using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace Microsoft.Extensions.ServiceDiscovery.Internal;

internal sealed class ResolvedEndpoint(EndPoint endPoint, IFeatureCollection features) : ServiceEndpoint
{
    public override EndPoint EndPoint => endPoint;

    public override IFeatureCollection Features => features;

    /// <summary>The address as it stands in a URI: without the port when that is the scheme's own.</summary>
    public override string? ToString() => endPoint switch
    {
        IPEndPoint { Port: 0, AddressFamily: AddressFamily.InterNetworkV6 } ip => $"[{ip.Address}]",
        IPEndPoint { Port: 0 } ip => ip.Address.ToString(),
        DnsEndPoint { Port: 0 } dns => dns.Host,
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endPoint.ToString(),
    };
}
