using System.Collections.Concurrent;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>Everything that MQTT connections of this process share.</summary>
internal sealed class MqttBroker
{
    private readonly ConcurrentDictionary<int, MqttDeviceHub> _hubs = new();
    private int _connections;

    public MqttBroker() =>
        IngestMetrics.Diagnostics.Meter.CreateObservableGauge("aimesh.iot.mqtt.connections", () => Volatile.Read(ref _connections), "{connection}");

    /// <summary>Counts a connection from its first byte on; false when there are too many.</summary>
    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _connections) <= most)
            return true;

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _connections);

    /// <summary>Adds a connection to its device's; closes another one of the same client identifier.</summary>
    public MqttDeviceHub Join(KnownDevice device, MqttConnection connection)
    {
        while (true)
        {
            var hub = _hubs.GetOrAdd(device.Number, static _ => new MqttDeviceHub());
            hub.Add(connection)?.Close("another connection took over its client identifier");

            // The hub may have been dropped as empty in between; then its successor is joined.
            if (_hubs.TryGetValue(device.Number, out var current) && current == hub)
                return hub;
        }
    }

    public void Part(KnownDevice device, MqttConnection connection)
    {
        if (!_hubs.TryGetValue(device.Number, out var hub))
            return;

        hub.Remove(connection);
        if (hub.IsEmpty)
            _hubs.TryRemove(new KeyValuePair<int, MqttDeviceHub>(device.Number, hub));
    }
}
