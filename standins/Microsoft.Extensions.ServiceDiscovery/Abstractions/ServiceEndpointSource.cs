using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>The endpoints of a service at one moment.</summary>
public sealed class ServiceEndpointSource
{
    private readonly List<ServiceEndpoint>? _endpoints;

    /// <summary>Creates a snapshot. The list must not be changed afterwards.</summary>
    public ServiceEndpointSource(List<ServiceEndpoint>? endpoints, IChangeToken changeToken, IFeatureCollection features)
    {
        ArgumentNullException.ThrowIfNull(changeToken);
        ArgumentNullException.ThrowIfNull(features);
        _endpoints = endpoints;
        ChangeToken = changeToken;
        Features = features;
    }

    /// <summary>The endpoints; may be empty.</summary>
    public IReadOnlyList<ServiceEndpoint> Endpoints => _endpoints ?? (IReadOnlyList<ServiceEndpoint>)[];

    /// <summary>Fires when the snapshot is out of date.</summary>
    public IChangeToken ChangeToken { get; }

    /// <summary>What the providers know besides the endpoints.</summary>
    public IFeatureCollection Features { get; }

    /// <summary>The addresses.</summary>
    public override string ToString() => $"[{string.Join(", ", Endpoints)}]";
}
