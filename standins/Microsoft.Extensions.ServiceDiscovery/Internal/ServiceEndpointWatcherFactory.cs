using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery.PassThrough;

namespace Microsoft.Extensions.ServiceDiscovery.Internal;

internal sealed class ServiceEndpointWatcherFactory(
    IEnumerable<IServiceEndpointProviderFactory> factories,
    IOptions<ServiceDiscoveryOptions> options,
    TimeProvider time,
    ILogger<ServiceEndpointWatcher> logger)
{
    // Pass-through answers everything, so it comes last wherever it was registered.
    private readonly IServiceEndpointProviderFactory[] _factories =
        [.. factories.OrderBy(static factory => factory is PassThroughServiceEndpointProviderFactory)];

    public ServiceEndpointWatcher CreateWatcher(string serviceName)
    {
        if (!ServiceEndpointQuery.TryParse(serviceName, out var query))
        {
            throw new ArgumentException("The provided input was not in a valid format. It must be a valid URI.", nameof(serviceName));
        }

        var providers = new List<IServiceEndpointProvider>();
        foreach (var factory in _factories)
        {
            if (factory.TryCreateProvider(query, out var provider))
            {
                providers.Add(provider);
            }
        }

        return providers.Count > 0
            ? new ServiceEndpointWatcher(serviceName, [.. providers], options.Value.RefreshPeriod, time, logger)
            : throw new InvalidOperationException($"No provider which supports the provided service name, '{serviceName}', has been configured.");
    }
}
