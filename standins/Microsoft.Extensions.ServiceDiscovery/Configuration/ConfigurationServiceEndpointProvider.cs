using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.ServiceDiscovery.Configuration;

/// <summary>
/// Reads endpoints from <c>Services:{service}:{endpoint name}</c>: a single value, or values under 0, 1, 2 and so on. Without
/// an endpoint name in the query, <c>default</c> is looked for first, then the schemes of the query.
/// </summary>
internal sealed partial class ConfigurationServiceEndpointProvider(
    ServiceEndpointQuery query,
    IConfiguration configuration,
    ConfigurationServiceEndpointProviderOptions options,
    ServiceDiscoveryOptions discoveryOptions,
    ILogger logger) : IServiceEndpointProvider, IHostNameFeature
{
    private const string DefaultEndpointName = "default";

    private readonly IReadOnlyList<string> _schemes = discoveryOptions.ApplyAllowedSchemes(query.IncludedSchemes);
    private readonly bool _anyScheme = discoveryOptions.AllowAllSchemes && query.IncludedSchemes.Count == 0;

    public string HostName => query.ServiceName;

    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        if (endpoints.Endpoints.Count > 0)
        {
            return ValueTask.CompletedTask;
        }

        // Taken before the values are read: a change in between then costs one look too many, and not a missed change.
        endpoints.AddChangeToken(configuration.GetReloadToken());

        if (FindSection() is not { } section)
        {
            Log.NotConfigured(logger, query.ServiceName, options.SectionName);
            return ValueTask.CompletedTask;
        }

        foreach (var endpoint in OfPreferredScheme(Read(section)))
        {
            endpoints.Endpoints.Add(endpoint);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override string ToString() => "Configuration";

    private IConfigurationSection? FindSection()
    {
        var service = configuration.GetSection(options.SectionName).GetSection(query.ServiceName);
        IEnumerable<string> names = string.IsNullOrWhiteSpace(query.EndpointName)
            ? [DefaultEndpointName, .. _schemes]
            : [query.EndpointName];
        return names.Select(service.GetSection).FirstOrDefault(static section => section.Exists());
    }

    private List<ServiceEndpoint> Read(IConfigurationSection section)
    {
        if (!string.IsNullOrWhiteSpace(section.Value))
        {
            return [Parse(section)];
        }

        var endpoints = new List<ServiceEndpoint>();
        foreach (var child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                throw new KeyNotFoundException(
                    $"The endpoint configuration section for service '{query.ServiceName}' endpoint '{section.Key}' has non-numeric keys.");
            }

            endpoints.Add(Parse(child));
        }

        return endpoints;
    }

    private ServiceEndpoint Parse(IConfigurationSection section)
    {
        if (!ServiceEndpoint.TryParse(section.Value, out var endpoint))
        {
            throw new KeyNotFoundException(
                $"The endpoint configuration section for service '{query.ServiceName}' has an invalid value with key '{section.Path}'.");
        }

        endpoint.Features.Set<IServiceEndpointProvider>(this);
        if (options.ShouldApplyHostNameMetadata(endpoint))
        {
            endpoint.Features.Set<IHostNameFeature>(this);
        }

        return endpoint;
    }

    // Of several schemes only the best one that occurs is used: "https+http" must not spread load over plain http as well.
    // Endpoints without a scheme fit every one.
    private IEnumerable<ServiceEndpoint> OfPreferredScheme(List<ServiceEndpoint> endpoints)
    {
        if (_anyScheme)
        {
            return endpoints;
        }

        var best = _schemes.FirstOrDefault(scheme => endpoints.Any(endpoint => HasScheme(endpoint, scheme)));
        return endpoints.Where(endpoint => endpoint.EndPoint is not UriEndPoint || (best is not null && HasScheme(endpoint, best)));
    }

    private static bool HasScheme(ServiceEndpoint endpoint, string scheme)
        => endpoint.EndPoint is UriEndPoint { Uri: var uri } && string.Equals(uri.Scheme, scheme, StringComparison.OrdinalIgnoreCase);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Service '{ServiceName}' has no endpoints in the configuration section '{Section}'.")]
        public static partial void NotConfigured(ILogger logger, string serviceName, string section);
    }
}
