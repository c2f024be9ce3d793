using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>PUBLISH (MQTT 3.1.1, 3.3). The payload points into the receive buffer.</summary>
internal readonly record struct PublishPacket(
    string Topic, MqttQos Qos, bool Retain, bool Duplicate, ushort PacketId, ReadOnlySequence<byte> Payload)
{
    public static bool TryDecode(in MqttFrame frame, out PublishPacket packet, [NotNullWhen(false)] out string? problem)
    {
        packet = default;
        var qos = (MqttQos)((frame.Flags >> 1) & 0x03);
        var duplicate = (frame.Flags & 0x08) != 0;
        if (qos > MqttQos.ExactlyOnce)
            return Malformed("PUBLISH with both QoS bits set", out problem);

        // [MQTT-3.3.1-2]
        if (duplicate && qos == MqttQos.AtMostOnce)
            return Malformed("PUBLISH of QoS 0 marked as duplicate", out problem);

        var reader = new MqttBodyReader(frame.Body);
        if (!reader.TryReadString(out var topic) || !MqttTopic.IsName(topic))
            return Malformed("PUBLISH without a valid topic name", out problem);

        ushort packetId = 0;
        if (qos != MqttQos.AtMostOnce && !reader.TryReadPacketId(out packetId))
            return Malformed("PUBLISH without a packet identifier", out problem);

        problem = null;
        packet = new PublishPacket(topic, qos, (frame.Flags & 0x01) != 0, duplicate, packetId, reader.Rest);
        return true;
    }

    private static bool Malformed(string what, out string problem)
    {
        problem = what;
        return false;
    }
}
