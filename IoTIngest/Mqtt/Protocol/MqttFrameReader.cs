using System.Buffers;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

internal enum MqttFrameStatus
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    Complete,

    /// <summary>No client may send this; the connection has to be closed (MQTT 3.1.1, 4.8).</summary>
    Malformed,

    /// <summary>Announced longer than the limit. Known from the header alone, so that the body is never buffered.</summary>
    TooLarge,
}

/// <summary>Cuts a stream of bytes into packets (MQTT 3.1.1, 2.2: fixed header).</summary>
internal static class MqttFrameReader
{
    /// <summary>Four bytes of seven bits: the most that "remaining length" can say.</summary>
    public const int LargestBody = 268_435_455;

    private const int LongestLengthField = 4;

    /// <summary>Takes one packet off the front of <paramref name="buffer"/>; leaves the buffer alone unless Complete.</summary>
    /// <param name="buffer">What has arrived and was not taken yet.</param>
    /// <param name="largestBody">Limit of the remaining length, in bytes.</param>
    /// <param name="frame">The packet; its body points into the buffer.</param>
    public static MqttFrameStatus Read(ref ReadOnlySequence<byte> buffer, int largestBody, out MqttFrame frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out var first))
            return MqttFrameStatus.Incomplete;

        var type = (MqttPacketType)(first >> 4);
        var flags = (byte)(first & 0x0F);
        if (!ClientMaySend(type, flags))
            return MqttFrameStatus.Malformed;

        var status = ReadLength(ref reader, out var length);
        if (status != MqttFrameStatus.Complete)
            return status;

        if (length > largestBody)
            return MqttFrameStatus.TooLarge;

        if (reader.Remaining < length)
            return MqttFrameStatus.Incomplete;

        frame = new MqttFrame(type, flags, reader.UnreadSequence.Slice(0, length));
        buffer = reader.UnreadSequence.Slice(length);
        return MqttFrameStatus.Complete;
    }

    private static MqttFrameStatus ReadLength(ref SequenceReader<byte> reader, out int length)
    {
        length = 0;
        for (var index = 0; index < LongestLengthField; index++)
        {
            if (!reader.TryRead(out var digit))
                return MqttFrameStatus.Incomplete;

            length |= (digit & 0x7F) << (7 * index);
            if (digit < 0x80)
                return MqttFrameStatus.Complete;
        }

        return MqttFrameStatus.Malformed;
    }

    // Flag bits other than PUBLISH's are reserved and fixed by table 2.2 [MQTT-2.2.2-2].
    private static bool ClientMaySend(MqttPacketType type, byte flags) => type switch
    {
        MqttPacketType.Publish => true,
        MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe => flags == 0b0010,
        MqttPacketType.Connect or MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubComp
            or MqttPacketType.PingReq or MqttPacketType.Disconnect => flags == 0,
        _ => false,
    };
}
