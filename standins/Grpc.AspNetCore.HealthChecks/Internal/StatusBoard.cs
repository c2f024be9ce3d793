using System.Threading.Channels;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>The status of each service as it was published last, and who wants to know of changes.</summary>
internal sealed class StatusBoard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly HashSet<Watcher> _watchers = [];

    /// <summary>Null if nothing has been published for the service.</summary>
    public ServingStatus? Find(string service)
    {
        lock (_lock)
            return _statuses.TryGetValue(service, out var status) ? status : null;
    }

    public void Publish(string service, ServingStatus status)
    {
        lock (_lock)
        {
            if (_statuses.TryGetValue(service, out var before) && before == status)
                return;
            _statuses[service] = status;
            foreach (var watcher in _watchers.Where(watcher => watcher.Service == service))
                watcher.Channel.Writer.TryWrite(status);
        }
    }

    /// <summary>Starts to watch a service; disposing of the result ends it.</summary>
    public Watcher Watch(string service)
    {
        var watcher = new Watcher(this, service);
        lock (_lock)
            _watchers.Add(watcher);
        return watcher;
    }

    public sealed class Watcher(StatusBoard board, string service) : IDisposable
    {
        public string Service => service;

        // A watcher that lags behind wants the latest status, not all it missed.
        public Channel<ServingStatus> Channel { get; } = System.Threading.Channels.Channel.CreateBounded<ServingStatus>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        public void Dispose()
        {
            lock (board._lock)
                board._watchers.Remove(this);
        }
    }
}
