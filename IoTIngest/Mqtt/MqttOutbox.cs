using System.Threading.Channels;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>Messages that wait for one subscriber, within bounds, and those of QoS 1 that it has not acknowledged.</summary>
internal sealed class MqttOutbox : IDisposable
{
    /// <summary>Waiting messages, and their bytes.</summary>
    public const int MaxMessages = 1_000;
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Messages of QoS 1 that were sent and not acknowledged; the next one waits.</summary>
    public const int Window = 100;

    private readonly Channel<MqttMessage> _waiting = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(MaxMessages) { SingleReader = true });
    private readonly HashSet<ushort> _unacknowledged = [];
    private readonly SemaphoreSlim _window = new(Window, Window);
    private ushort _lastId;
    private int _bytes;

    /// <summary>False when the subscriber has fallen too far behind.</summary>
    public bool TryAdd(MqttMessage message)
    {
        if (Interlocked.Add(ref _bytes, message.Payload.Length) <= MaxBytes && _waiting.Writer.TryWrite(message))
            return true;

        Interlocked.Add(ref _bytes, -message.Payload.Length);
        return false;
    }

    /// <summary>The next message, with a packet identifier if it is to be acknowledged (else 0).</summary>
    public async ValueTask<(MqttMessage Message, ushort PacketId)> TakeAsync(CancellationToken cancellationToken)
    {
        var message = await _waiting.Reader.ReadAsync(cancellationToken);
        Interlocked.Add(ref _bytes, -message.Payload.Length);
        if (message.Qos == MqttQos.AtMostOnce)
            return (message, 0);

        await _window.WaitAsync(cancellationToken);
        lock (_unacknowledged)
            return (message, NextId());
    }

    /// <summary>The subscriber has it. One that was never sent means nothing.</summary>
    public void Acknowledge(ushort packetId)
    {
        lock (_unacknowledged)
        {
            if (_unacknowledged.Remove(packetId))
                _window.Release();
        }
    }

    public void Dispose() => _window.Dispose();

    private ushort NextId()
    {
        do
        {
            _lastId = (ushort)(_lastId == ushort.MaxValue ? 1 : _lastId + 1);
        }
        while (!_unacknowledged.Add(_lastId));
        return _lastId;
    }
}
