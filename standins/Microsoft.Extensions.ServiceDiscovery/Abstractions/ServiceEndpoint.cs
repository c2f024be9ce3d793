using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.ServiceDiscovery.Internal;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>One address of a service.</summary>
public abstract class ServiceEndpoint
{
    /// <summary>The address: a <see cref="UriEndPoint"/>, <see cref="DnsEndPoint"/> or <see cref="IPEndPoint"/> (port 0: the scheme's own).</summary>
    public abstract EndPoint EndPoint { get; }

    /// <summary>What the provider knows besides the address.</summary>
    public abstract IFeatureCollection Features { get; }

    /// <summary>Creates an endpoint.</summary>
    public static ServiceEndpoint Create(EndPoint endPoint, IFeatureCollection? features = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return new ResolvedEndpoint(endPoint, features ?? new FeatureCollection());
    }

    /// <summary>Reads <c>http://host:port/path</c>, <c>host:port</c>, <c>host</c> or an IP address with or without a port.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out ServiceEndpoint? serviceEndpoint)
    {
        serviceEndpoint = EndPointParser.TryParse(value, out var endPoint) ? Create(endPoint) : null;
        return serviceEndpoint is not null;
    }
}
