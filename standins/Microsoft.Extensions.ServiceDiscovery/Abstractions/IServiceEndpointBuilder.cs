using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Collects what the providers find for one service.</summary>
public interface IServiceEndpointBuilder
{
    /// <summary>What was found so far. A provider adds nothing when an earlier one has found endpoints.</summary>
    IList<ServiceEndpoint> Endpoints { get; }

    /// <summary>Features of the result.</summary>
    IFeatureCollection Features { get; }

    /// <summary>Adds a token that makes the result out of date.</summary>
    void AddChangeToken(IChangeToken changeToken);
}
