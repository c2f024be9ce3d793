using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>Writes the packets that a server sends.</summary>
internal static class MqttPacketWriter
{
    /// <summary>Return code of a SUBACK for a filter that was refused.</summary>
    public const byte SubscriptionRefused = 0x80;

    // MQTT 5, 3.2.2.2: reason code "Unsupported Protocol Version".
    private const byte UnsupportedProtocolVersion = 0x84;

    public static void WriteConnAck(IBufferWriter<byte> output, MqttConnectCode code, bool sessionPresent = false) =>
        output.Write<byte>([(byte)MqttPacketType.ConnAck << 4, 2, sessionPresent ? (byte)1 : (byte)0, (byte)code]);

    /// <summary>A refusal in the shape of MQTT 5 (flags, reason, no properties), which is all that such a client can read.</summary>
    public static void WriteConnAckForLevel5(IBufferWriter<byte> output) =>
        output.Write<byte>([(byte)MqttPacketType.ConnAck << 4, 3, 0, UnsupportedProtocolVersion, 0]);

    public static void WritePubAck(IBufferWriter<byte> output, ushort packetId) => WriteAck(output, MqttPacketType.PubAck, packetId);

    public static void WriteUnsubAck(IBufferWriter<byte> output, ushort packetId) => WriteAck(output, MqttPacketType.UnsubAck, packetId);

    public static void WritePingResp(IBufferWriter<byte> output) => output.Write<byte>([(byte)MqttPacketType.PingResp << 4, 0]);

    public static void WriteSubAck(IBufferWriter<byte> output, ushort packetId, ReadOnlySpan<byte> codes)
    {
        WriteHeader(output, (byte)MqttPacketType.SubAck << 4, 2 + codes.Length);
        WriteUInt16(output, packetId);
        output.Write(codes);
    }

    public static void WritePublish(IBufferWriter<byte> output, string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, ushort packetId)
    {
        var topicLength = Encoding.UTF8.GetByteCount(topic);
        var idLength = qos == MqttQos.AtMostOnce ? 0 : 2;
        var first = ((byte)MqttPacketType.Publish << 4) | ((byte)qos << 1) | (retain ? 1 : 0);
        WriteHeader(output, (byte)first, 2 + topicLength + idLength + payload.Length);
        WriteUInt16(output, (ushort)topicLength);
        Encoding.UTF8.GetBytes(topic, output);
        if (idLength > 0)
            WriteUInt16(output, packetId);
        output.Write(payload);
    }

    private static void WriteAck(IBufferWriter<byte> output, MqttPacketType type, ushort packetId)
    {
        var span = output.GetSpan(4);
        span[0] = (byte)((int)type << 4);
        span[1] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], packetId);
        output.Advance(4);
    }

    private static void WriteUInt16(IBufferWriter<byte> output, ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), value);
        output.Advance(2);
    }

    private static void WriteHeader(IBufferWriter<byte> output, byte first, int length)
    {
        var span = output.GetSpan(5);
        span[0] = first;
        var written = 1;
        do
        {
            var digit = (byte)(length & 0x7F);
            length >>= 7;
            span[written++] = length > 0 ? (byte)(digit | 0x80) : digit;
        }
        while (length > 0);
        output.Advance(written);
    }
}
