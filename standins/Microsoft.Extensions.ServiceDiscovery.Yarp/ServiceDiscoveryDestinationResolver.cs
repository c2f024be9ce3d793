using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.ServiceDiscovery.Yarp;

/// <summary>Turns each destination into one per endpoint of the service that its address names.</summary>
internal sealed class ServiceDiscoveryDestinationResolver(ServiceEndpointResolver resolver, IOptions<ServiceDiscoveryOptions> options) : IDestinationResolver
{
    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations,
        CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        var changeTokens = new List<IChangeToken>();
        foreach (var (id, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            var source = await resolver.GetEndpointsAsync(address.GetLeftPart(UriPartial.Authority), cancellationToken);
            changeTokens.Add(source.ChangeToken);
            foreach (var endpoint in source.Endpoints)
            {
                var authority = endpoint.ToString()!;
                resolved[$"{id}[{authority}]"] = At(destination, address, authority);
            }
        }

        return new ResolvedDestinationCollection(resolved, new CompositeChangeToken(changeTokens));
    }

    private DestinationConfig At(DestinationConfig destination, Uri address, string authority)
    {
        var endpoint = new Uri(authority.Contains("://", StringComparison.Ordinal) ? authority : $"{SchemeOf(address)}://{authority}");

        return destination with
        {
            Address = new UriBuilder(address) { Scheme = endpoint.Scheme, Host = endpoint.Host, Port = endpoint.Port }.Uri.ToString(),

            // The probe keeps its own scheme and path, and goes to the same machine.
            Health = destination.Health is { Length: > 0 } health
                ? new UriBuilder(health) { Host = endpoint.Host, Port = endpoint.Port }.Uri.ToString()
                : destination.Health,
        };
    }

    private string SchemeOf(Uri address)
    {
        var allowed = options.Value.ApplyAllowedSchemes(address.Scheme.Split('+'));
        return allowed.Count > 0
            ? allowed[0]
            : throw new InvalidOperationException($"None of the specified schemes ('{address.Scheme}') are allowed by configuration.");
    }
}
