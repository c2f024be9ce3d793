using System.Buffers;
using System.Text;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

/// <summary>Packets as clients send them, built by hand from the tables of the specification, not with the code under test.</summary>
internal static class Packets
{
    public static byte[] Connect(
        string clientId = "c1", byte flags = 0xC2, string? user = "pump-1", string? password = "secret", byte level = 4,
        string protocol = "MQTT", ushort keepAlive = 60, (string Topic, string Message)? will = null)
    {
        List<byte> body = [.. Text(protocol), level, flags, .. UInt16(keepAlive), .. Text(clientId)];
        if (will is { } said)
            body.AddRange([.. Text(said.Topic), .. Text(said.Message)]);
        if (user is not null)
            body.AddRange(Text(user));
        if (password is not null)
            body.AddRange(Text(password));
        return Packet(0x10, [.. body]);
    }

    public static byte[] Publish(string topic, string payload, byte flags = 0, ushort packetId = 0) =>
        Packet((byte)(0x30 | flags), [.. Text(topic), .. (packetId == 0 ? [] : UInt16(packetId)), .. Encoding.UTF8.GetBytes(payload)]);

    public static byte[] Subscribe(ushort packetId, params (string Filter, byte Qos)[] topics) =>
        Packet(0x82, [.. UInt16(packetId), .. topics.SelectMany(topic => (byte[])[.. Text(topic.Filter), topic.Qos])]);

    public static byte[] Unsubscribe(ushort packetId, params string[] filters) =>
        Packet(0xA2, [.. UInt16(packetId), .. filters.SelectMany(Text)]);

    public static byte[] PubAck(ushort packetId) => Packet(0x40, UInt16(packetId));

    public static byte[] PingReq() => [0xC0, 0];

    public static byte[] Disconnect() => [0xE0, 0];

    public static byte[] Packet(byte first, byte[] body)
    {
        List<byte> length = [];
        var rest = body.Length;
        do
        {
            length.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
            rest >>= 7;
        }
        while (rest > 0);
        return [first, .. length, .. body];
    }

    public static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. UInt16((ushort)bytes.Length), .. bytes];
    }

    public static byte[] UInt16(ushort value) => [(byte)(value >> 8), (byte)value];

    public static MqttFrame Frame(byte[] packet)
    {
        var buffer = new ReadOnlySequence<byte>(packet);
        Assert.Equal(MqttFrameStatus.Complete, MqttFrameReader.Read(ref buffer, MqttFrameReader.LargestBody, out var frame));
        Assert.True(buffer.IsEmpty);
        return frame;
    }

    /// <summary>The same bytes in segments of one byte each, as the worst network would deliver them.</summary>
    public static ReadOnlySequence<byte> Scattered(byte[] bytes)
    {
        if (bytes.Length == 0)
            return ReadOnlySequence<byte>.Empty;

        var first = new Segment(bytes.AsMemory(0, 1), 0);
        var last = first;
        for (var index = 1; index < bytes.Length; index++)
            last = last.Append(bytes.AsMemory(index, 1));
        return new ReadOnlySequence<byte>(first, 0, last, 1);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
