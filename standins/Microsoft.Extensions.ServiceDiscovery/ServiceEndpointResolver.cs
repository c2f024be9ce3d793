using System.Collections.Concurrent;
using Microsoft.Extensions.ServiceDiscovery.Internal;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Resolves service names to endpoints, and keeps them until they are out of date.</summary>
public sealed class ServiceEndpointResolver : IAsyncDisposable
{
    private readonly ServiceEndpointWatcherFactory _factory;
    private readonly ConcurrentDictionary<string, ServiceEndpointWatcher> _watchers = new(StringComparer.Ordinal);
    private bool _disposed;

    internal ServiceEndpointResolver(ServiceEndpointWatcherFactory factory) => _factory = factory;

    /// <summary>Resolves a service.</summary>
    /// <param name="serviceName">A query as <see cref="ServiceEndpointQuery"/> reads it, <c>https+http://auth</c> for example.</param>
    /// <param name="cancellationToken">Stops the waiting, not the look-up, which others may share.</param>
    public ValueTask<ServiceEndpointSource> GetEndpointsAsync(string serviceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceName);
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        return _watchers
            .GetOrAdd(serviceName, static (name, factory) => factory.CreateWatcher(name), _factory)
            .GetEndpointsAsync(cancellationToken);
    }

    /// <summary>Releases the providers.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var watcher in _watchers.Values)
        {
            await watcher.DisposeAsync();
        }

        _watchers.Clear();
    }
}
