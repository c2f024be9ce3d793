using System.Diagnostics.CodeAnalysis;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>One line of a SUBSCRIBE: which topics, delivered at most how surely.</summary>
internal readonly record struct TopicRequest(string Filter, MqttQos Qos);

/// <summary>SUBSCRIBE (MQTT 3.1.1, 3.8).</summary>
internal sealed record SubscribePacket(ushort PacketId, IReadOnlyList<TopicRequest> Topics)
{
    public static bool TryDecode(in MqttFrame frame, [NotNullWhen(true)] out SubscribePacket? packet, [NotNullWhen(false)] out string? problem)
    {
        packet = null;
        var reader = new MqttBodyReader(frame.Body);
        if (!reader.TryReadPacketId(out var packetId))
            return Malformed("SUBSCRIBE without a packet identifier", out problem);

        var topics = new List<TopicRequest>();
        while (!reader.AtEnd)
        {
            if (!reader.TryReadString(out var filter) || !MqttTopic.IsFilter(filter))
                return Malformed("SUBSCRIBE without a valid topic filter", out problem);

            // The six upper bits are reserved, and 3 is no QoS [MQTT-3-8.3-4].
            if (!reader.TryReadByte(out var qos) || qos > (byte)MqttQos.ExactlyOnce)
                return Malformed("SUBSCRIBE without a valid QoS", out problem);

            topics.Add(new TopicRequest(filter, (MqttQos)qos));
        }

        // [MQTT-3.8.3-3]
        if (topics.Count == 0)
            return Malformed("SUBSCRIBE to nothing", out problem);

        problem = null;
        packet = new SubscribePacket(packetId, topics);
        return true;
    }

    private static bool Malformed(string what, out string problem)
    {
        problem = what;
        return false;
    }
}
