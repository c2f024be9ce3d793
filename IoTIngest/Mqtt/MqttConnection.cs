using System.Threading.Channels;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>
/// One accepted connection, from CONNACK to its end. Four things go on at a time: packets are read, publications are acknowledged in
/// their order as they become durable, messages are delivered, and silence is watched.
/// </summary>
internal sealed partial class MqttConnection(ConnectPacket connect, string clientId, MqttTransport transport, TimeProvider time) : IDisposable
{
    // Publications taken in but not acknowledged; beyond that nothing more is read, which TCP passes on to the device.
    private const int UnderWay = 64;

    private readonly CancellationTokenSource _ended = new();
    private readonly MqttOutbox _outbox = new();
    private readonly MqttSubscriptions _subscriptions = new();
    private readonly Channel<Publication> _publications = Channel.CreateBounded<Publication>(new BoundedChannelOptions(UnderWay) { SingleReader = true });
    private readonly Lock _closing = new();
    private string? _reason;
    private bool _isDisposed;

    public string ClientId => clientId;

    /// <summary>Why this side closed the connection; null when the client did.</summary>
    public string? Reason => _reason;

    /// <summary>The client said DISCONNECT: its will is void.</summary>
    public bool IsOrderly { get; private set; }

    /// <summary>Ends the connection from this side.</summary>
    public void Close(string reason)
    {
        lock (_closing)
        {
            if (_isDisposed)
                return;

            _reason ??= reason;
            _ended.Cancel();
        }
    }

    /// <summary>Queues a message if this connection subscribed to its topic.</summary>
    public void Deliver(MqttMessage message)
    {
        if (_subscriptions.Match(message.Topic) is not { } granted)
            return;

        var qos = granted < message.Qos ? granted : message.Qos;
        if (!_outbox.TryAdd(message with { Qos = qos }) && qos != MqttQos.AtMostOnce)
            Close("it does not take its messages in time");
    }

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync(MqttDeviceHub hub, MqttPublisher publisher, MqttTopics topics, CancellationToken aborted)
    {
        await using var _ = aborted.Register(static state => ((CancellationTokenSource)state!).Cancel(), _ended);
        var serving = new[] { ReadAsync(hub, publisher, topics), AcknowledgeAsync(), DeliverAsync(), WatchSilenceAsync() };

        // Whichever ends first ends the others. None fails in a way that anybody could do something about.
        await Task.WhenAny(serving);
        await _ended.CancelAsync();
        await Task.WhenAll(serving);
    }

    public void Dispose()
    {
        // Others may still hold this connection for a moment: who takes over its name, who delivers a message.
        lock (_closing)
        {
            _isDisposed = true;
            _ended.Dispose();
            _outbox.Dispose();
        }
    }

    private Task ReadAsync(MqttDeviceHub hub, MqttPublisher publisher, MqttTopics topics) => UntilEndedAsync(async () =>
    {
        var packets = new MqttPacketHandler(this, hub, publisher, topics);
        if (await transport.ReadAsync(packets.HandleAsync, _ended.Token) is { } problem)
            Close(problem);
    });

    private Task AcknowledgeAsync() => UntilEndedAsync(async () =>
    {
        await foreach (var publication in _publications.Reader.ReadAllAsync(_ended.Token))
        {
            if (!await publication.IsKept)
            {
                // Not acknowledged, so a device that wants it kept sends it again when it is back.
                Close("its readings cannot be stored now");
                return;
            }

            if (publication.PacketId != 0)
                await SendAsync(publication.PacketId, MqttPacketWriter.WritePubAck);
        }
    });

    private Task DeliverAsync() => UntilEndedAsync(async () =>
    {
        while (true)
        {
            var (message, packetId) = await _outbox.TakeAsync(_ended.Token);
            await SendAsync(
                (message, packetId),
                static (output, sent) => MqttPacketWriter.WritePublish(output, sent.message.Topic, sent.message.Payload, sent.message.Qos, sent.message.Retain, sent.packetId));
        }
    });

    private Task WatchSilenceAsync() => UntilEndedAsync(async () =>
    {
        // One and a half times the keep-alive [MQTT-3.1.2-24]; 0 turns it off.
        var longest = connect.KeepAlive == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(1.5 * connect.KeepAlive);
        while (true)
        {
            var left = longest == Timeout.InfiniteTimeSpan ? longest : longest - transport.Silence;
            if (longest != Timeout.InfiniteTimeSpan && left <= TimeSpan.Zero)
            {
                Close("nothing was heard of it for longer than its keep-alive allows");
                return;
            }

            await Task.Delay(left, time, _ended.Token);
        }
    });

    private ValueTask SendAsync<TState>(TState state, Action<System.Buffers.IBufferWriter<byte>, TState> write) => transport.SendAsync(state, write, _ended.Token);

    private static async Task UntilEndedAsync(Func<Task> serve)
    {
        try
        {
            await serve();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The connection is gone or going, which is all that this says.
        }
    }

    private readonly record struct Publication(ushort PacketId, Task<bool> IsKept);
}
