using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows the state of every resource, tells of its changes, and waits for them.</summary>
public partial class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<ChannelWriter<ResourceEvent>> _watchers = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly CancellationTokenSource _stopping;
    private readonly ILogger<ResourceNotificationService> _logger;
    private readonly ResourceWaits _waits;

    public ResourceNotificationService(
        ILogger<ResourceNotificationService> logger,
        IHostApplicationLifetime hostApplicationLifetime,
        IServiceProvider serviceProvider,
        ResourceLoggerService resourceLoggerService)
    {
        _logger = logger;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token, hostApplicationLifetime.ApplicationStopping);
        _waits = new ResourceWaits(this, serviceProvider, resourceLoggerService);
    }

    /// <summary>Changes the state of every process of a resource.</summary>
    public async Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        foreach (var id in ResourceIds.Of(resource))
            await PublishUpdateAsync(resource, id, stateFactory);
    }

    /// <summary>Changes the state of one process of a resource.</summary>
    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var former = TryGetCurrentState(resourceId, out var known) ? known.Snapshot : InitialSnapshot.Of(resource);
            var change = new ResourceEvent(resource, resourceId, stateFactory(former));
            _current[resourceId] = change;
            foreach (var watcher in _watchers)
                watcher.TryWrite(change);

            if (former.State?.Text != change.Snapshot.State?.Text)
                Log.StateChanged(_logger, resourceId, change.Snapshot.State?.Text);
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    /// <summary>The present state of every resource, then every change, until cancelled or the application stops.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            foreach (var state in _current.Values)
                channel.Writer.TryWrite(state);

            _watchers.Add(channel.Writer);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(either.Token))
                yield return change;
        }
        finally
        {
            lock (_lock)
                _watchers.Remove(channel.Writer);
        }
    }

    /// <summary>Waits until a process of the resource is in the state.</summary>
    /// <param name="resourceName">Name of the resource.</param>
    /// <param name="targetState">One of <see cref="KnownResourceStates"/>; null: Running.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <returns>The state it came into.</returns>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(
            resourceName, change => change.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    /// <exception cref="OperationCanceledException">Cancelled, or the application stops.</exception>
    public Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        _waits.UntilAsync(resourceName, predicate, _stopping.Token, cancellationToken);

    /// <summary>Waits until every process of the resource is healthy and its ready handlers are done.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _waits.DefaultBehavior, cancellationToken);

    /// <exception cref="DistributedApplicationException">The resource has failed; the message ends with its last log lines.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default) =>
        _waits.UntilHealthyAsync(resourceName, waitBehavior, _stopping.Token, cancellationToken);

    /// <summary>Waits for everything that the resource was told to wait for.</summary>
    /// <exception cref="DistributedApplicationException">Something it waits for has failed.</exception>
    public Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken) =>
        _waits.ForDependenciesAsync(resource, _stopping.Token, cancellationToken);

    /// <summary>The same for the one that starts the resource, and for what it lives in; it is told itself when to stop waiting.</summary>
    internal async Task WaitBeforeStartAsync(IResource resource, CancellationToken stop)
    {
        await _waits.ForDependenciesAsync(resource, _disposed.Token, stop);
        if (resource is IResourceWithParent { Parent: var parent })
            await _waits.UntilHealthyAsync(parent.Name, WaitBehavior.WaitOnResourceUnavailable, _disposed.Token, stop);
    }

    public void Dispose()
    {
        if (_disposed.IsCancellationRequested)
            return;

        _disposed.Cancel();
        _stopping.Dispose();
        _disposed.Dispose();
        GC.SuppressFinalize(this);
    }

    private static class InitialSnapshot
    {
        public static CustomResourceSnapshot Of(IResource resource) =>
            new()
            {
                ResourceType = resource.GetType().Name is var name && name.EndsWith("Resource", StringComparison.Ordinal) ? name[..^"Resource".Length] : name,
                Properties = [],
                CreationTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
            };
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Resource} is {State}")]
        public static partial void StateChanged(ILogger logger, string resource, string? state);
    }
}
