using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>The connections of one device and the messages retained for it. In memory, so gone with the process.</summary>
internal sealed class MqttDeviceHub
{
    /// <summary>Bounds of what is retained for one device; a message beyond them is delivered but not kept.</summary>
    public const int MaxRetained = 100;
    public const int MaxRetainedBytes = 16 * 1024;

    private readonly Lock _changing = new();
    private readonly Dictionary<string, MqttConnection> _connections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MqttMessage> _retained = new(StringComparer.Ordinal);

    /// <summary>Nothing is left that would be missed.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_changing)
                return _connections.Count == 0 && _retained.Count == 0;
        }
    }

    /// <summary>Adds a connection; gives the one that had the same client identifier and has to go [MQTT-3.1.4-2].</summary>
    public MqttConnection? Add(MqttConnection connection)
    {
        lock (_changing)
        {
            _connections.TryGetValue(connection.ClientId, out var previous);
            _connections[connection.ClientId] = connection;
            return previous;
        }
    }

    public void Remove(MqttConnection connection)
    {
        lock (_changing)
        {
            if (_connections.TryGetValue(connection.ClientId, out var current) && current == connection)
                _connections.Remove(connection.ClientId);
        }
    }

    /// <summary>Hands a message to everybody who subscribed to its topic. The flag tells subscribers of later only [MQTT-3.3.1-9].</summary>
    public void Publish(MqttMessage message)
    {
        MqttConnection[] connections;
        lock (_changing)
        {
            if (message.Retain)
                Retain(message);
            connections = [.. _connections.Values];
        }

        foreach (var connection in connections)
            connection.Deliver(message with { Retain = false });
    }

    /// <summary>What a new subscription is sent first.</summary>
    public List<MqttMessage> RetainedFor(string filter)
    {
        lock (_changing)
            return [.. _retained.Values.Where(message => MqttTopic.Matches(filter, message.Topic))];
    }

    private void Retain(MqttMessage message)
    {
        // An empty one takes back what was retained, and is not kept itself [MQTT-3.3.1-10].
        _retained.Remove(message.Topic);
        if (message.Payload.Length is > 0 and <= MaxRetainedBytes && _retained.Count < MaxRetained)
            _retained[message.Topic] = message;
    }
}
