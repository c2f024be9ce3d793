using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>What one connection subscribed to.</summary>
internal sealed class MqttSubscriptions
{
    /// <summary>Further filters are refused in the SUBACK.</summary>
    public const int Max = 100;

    private readonly Dictionary<string, MqttQos> _filters = new(StringComparer.Ordinal);

    /// <summary>Adds a filter or changes its QoS; false when there are too many.</summary>
    public bool TryAdd(string filter, MqttQos qos)
    {
        lock (_filters)
        {
            if (_filters.Count >= Max && !_filters.ContainsKey(filter))
                return false;

            _filters[filter] = qos;
            return true;
        }
    }

    public void Remove(string filter)
    {
        lock (_filters)
            _filters.Remove(filter);
    }

    /// <summary>The highest QoS among the filters that match, or null: where they overlap, a message is sent once [MQTT-3.3.5-1].</summary>
    public MqttQos? Match(string topic)
    {
        lock (_filters)
        {
            MqttQos? highest = null;
            foreach (var (filter, qos) in _filters)
            {
                if ((highest is null || qos > highest) && MqttTopic.Matches(filter, topic))
                    highest = qos;
            }

            return highest;
        }
    }
}
