using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.ServiceDiscovery.Internal;

/// <summary>
/// Holds the endpoints of one service and asks for them again when they are out of date. That is found out by looking when
/// they are used: nothing runs or is registered for a service that nobody calls, so a watcher may simply be dropped.
/// </summary>
internal sealed partial class ServiceEndpointWatcher(
    string serviceName,
    IServiceEndpointProvider[] providers,
    TimeSpan refreshPeriod,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    // After a failed refresh the last endpoints stay in use, and the providers are left in peace for so long.
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile Snapshot? _current;
    private Task<ServiceEndpointSource>? _refresh;

    public string ServiceName => serviceName;

    /// <summary>The endpoints at this moment; completes synchronously while they are up to date.</summary>
    public ValueTask<ServiceEndpointSource> GetEndpointsAsync(CancellationToken cancellationToken)
    {
        return _current is { } current && IsFresh(current)
            ? new ValueTask<ServiceEndpointSource>(current.Source)
            : new ValueTask<ServiceEndpointSource>(StartRefresh().WaitAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in providers)
        {
            await provider.DisposeAsync();
        }
    }

    private bool IsFresh(Snapshot snapshot)
        => !snapshot.Source.ChangeToken.HasChanged && time.GetElapsedTime(snapshot.Taken) < snapshot.Period;

    // One refresh at a time, however many requests wait for it. It belongs to all of them, so none of their tokens stops it.
    private Task<ServiceEndpointSource> StartRefresh()
    {
        lock (_lock)
        {
            if (_current is { } current && IsFresh(current))
            {
                return Task.FromResult(current.Source);
            }

            if (_refresh is { IsCompleted: false } running)
            {
                return running;
            }

            using (ExecutionContext.SuppressFlow())
            {
                return _refresh = Task.Run(RefreshAsync);
            }
        }
    }

    private async Task<ServiceEndpointSource> RefreshAsync()
    {
        var builder = new ServiceEndpointBuilder();
        try
        {
            foreach (var provider in providers)
            {
                await provider.PopulateAsync(builder, CancellationToken.None);
            }

            var source = builder.Build();
            Log.Resolved(logger, serviceName, source);
            _current = new Snapshot(source, time.GetTimestamp(), refreshPeriod);
            return source;
        }
        catch (Exception exception) when (_current is not null)
        {
            Log.RefreshFailed(logger, exception, serviceName);

            // The change tokens that were collected still count: what mends the failure will most likely fire one of them.
            var last = _current.Source;
            var kept = new ServiceEndpointSource([.. last.Endpoints], builder.Build().ChangeToken, last.Features);
            _current = new Snapshot(kept, time.GetTimestamp(), RetryPeriod);
            return kept;
        }
    }

    private sealed record Snapshot(ServiceEndpointSource Source, long Taken, TimeSpan Period);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Resolved endpoints of service '{ServiceName}': {Endpoints}.")]
        public static partial void Resolved(ILogger logger, string serviceName, ServiceEndpointSource endpoints);

        [LoggerMessage(2, LogLevel.Error, "Error resolving endpoints of service '{ServiceName}'; the last ones stay in use.")]
        public static partial void RefreshFailed(ILogger logger, Exception exception, string serviceName);
    }
}
