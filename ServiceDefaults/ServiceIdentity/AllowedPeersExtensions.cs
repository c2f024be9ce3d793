using System.Collections.Immutable;
using AiMesh.ServiceDefaults.ServiceIdentity;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Which services may call an endpoint, beside what the caller's token must allow.</summary>
public static class AllowedPeersExtensions
{
    /// <summary>Lets only some services of the mesh call. Without it any of them may.</summary>
    /// <param name="builder">A gRPC service or an HTTP endpoint.</param>
    /// <param name="services">Their names, for example "gateway".</param>
    public static TBuilder RequirePeers<TBuilder>(this TBuilder builder, params ImmutableArray<string> services)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (services is []) throw new ArgumentException("Name at least one service.", nameof(services));
        builder.Add(endpoint => endpoint.Metadata.Add(new AllowedPeers(services)));
        return builder;
    }
}
