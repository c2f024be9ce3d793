using System.Threading.Channels;
using AiMesh.Iot.V1;

namespace AiMesh.IoTIngest.Live;

/// <summary>
/// One watcher. What it does not take in time gives way to what is newer, and is counted: a live view wants the present, and a slow
/// watcher must cost neither memory nor anybody else's time.
/// </summary>
internal sealed class LiveSubscription : IDisposable
{
    /// <summary>Messages held for a watcher that is busy.</summary>
    public const int Capacity = 1_000;

    private readonly Channel<WatchReadingsResponse> _messages;
    private readonly Action<LiveSubscription> _closed;
    private long _skipped;

    /// <param name="device">Device.id; empty: every device of the organisation.</param>
    /// <param name="closed">Called when the watcher has gone.</param>
    public LiveSubscription(string device, Action<LiveSubscription> closed)
    {
        (Device, _closed) = (device, closed);
        _messages = Channel.CreateBounded(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            (WatchReadingsResponse _) => Interlocked.Increment(ref _skipped));
    }

    public string Device { get; }

    public void Offer(WatchReadingsResponse message) => _messages.Writer.TryWrite(message);

    /// <summary>The next message, waiting for it. Shared with other watchers: not to be changed.</summary>
    public async ValueTask<WatchReadingsResponse> TakeAsync(CancellationToken cancellationToken)
    {
        var message = await _messages.Reader.ReadAsync(cancellationToken);
        var skipped = Interlocked.Exchange(ref _skipped, 0);
        return skipped == 0 ? message : new WatchReadingsResponse(message) { Skipped = skipped };
    }

    public void Dispose() => _closed(this);
}
