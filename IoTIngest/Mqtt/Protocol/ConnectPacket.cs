using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>What a client asks to be published when it goes without a DISCONNECT (MQTT 3.1.1, 3.1.2.5).</summary>
internal sealed record MqttWill(string Topic, byte[] Message, MqttQos Qos, bool Retain);

/// <summary>CONNECT (MQTT 3.1.1, 3.1).</summary>
/// <remarks>Of a protocol level other than 4 only <see cref="ProtocolLevel"/> is filled: what follows it has another shape there.</remarks>
internal sealed record ConnectPacket
{
    public const byte SupportedLevel = 4;

    public required byte ProtocolLevel { get; init; }

    public string ClientId { get; init; } = "";

    public bool CleanSession { get; init; }

    /// <summary>Seconds; 0: the client need not be heard of.</summary>
    public ushort KeepAlive { get; init; }

    public MqttWill? Will { get; init; }

    public string? UserName { get; init; }

    public byte[]? Password { get; init; }

    public static bool TryDecode(in MqttFrame frame, [NotNullWhen(true)] out ConnectPacket? packet, [NotNullWhen(false)] out string? problem)
    {
        packet = null;
        var reader = new MqttBodyReader(frame.Body);
        if (!reader.TryReadString(out var protocol) || !reader.TryReadByte(out var level))
            return Malformed("CONNECT without protocol name and level", out problem);

        // "MQIsdp" is the name of MQTT 3.1, whose level is 3; everything else is not MQTT at all [MQTT-3.1.2-1].
        if (protocol is not ("MQTT" or "MQIsdp"))
            return Malformed("CONNECT of an unknown protocol", out problem);

        if (protocol != "MQTT" || level != SupportedLevel)
        {
            problem = null;
            packet = new ConnectPacket { ProtocolLevel = protocol == "MQTT" ? level : (byte)3 };
            return true;
        }

        return TryDecodeRest(ref reader, out packet, out problem);
    }

    private static bool TryDecodeRest(ref MqttBodyReader reader, [NotNullWhen(true)] out ConnectPacket? packet, [NotNullWhen(false)] out string? problem)
    {
        packet = null;
        if (!reader.TryReadByte(out var bits) || !reader.TryReadUInt16(out var keepAlive))
            return Malformed("CONNECT without flags and keep-alive", out problem);

        var flags = new ConnectFlags(bits);
        if (!flags.IsConsistent)
            return Malformed("CONNECT with contradictory flags", out problem);

        if (!reader.TryReadString(out var clientId))
            return Malformed("CONNECT without a valid client identifier", out problem);

        MqttWill? will = null;
        if (flags.HasWill && !TryDecodeWill(ref reader, flags, out will))
            return Malformed("CONNECT without a valid will", out problem);

        string? userName = null;
        if (flags.HasUserName && !reader.TryReadString(out userName))
            return Malformed("CONNECT without a valid user name", out problem);

        byte[]? password = null;
        if (flags.HasPassword)
        {
            if (!reader.TryReadBinary(out var bytes))
                return Malformed("CONNECT without the password it announces", out problem);
            password = bytes.ToArray();
        }

        if (!reader.AtEnd)
            return Malformed("CONNECT with bytes left over", out problem);

        problem = null;
        packet = new ConnectPacket
        {
            ProtocolLevel = SupportedLevel,
            ClientId = clientId,
            CleanSession = flags.CleanSession,
            KeepAlive = keepAlive,
            Will = will,
            UserName = userName,
            Password = password,
        };
        return true;
    }

    private static bool TryDecodeWill(ref MqttBodyReader reader, ConnectFlags flags, out MqttWill? will)
    {
        will = null;
        if (!reader.TryReadString(out var topic) || !MqttTopic.IsName(topic) || !reader.TryReadBinary(out var message))
            return false;

        will = new MqttWill(topic, message.ToArray(), flags.WillQos, flags.WillRetain);
        return true;
    }

    private static bool Malformed(string what, out string problem)
    {
        problem = what;
        return false;
    }
}
