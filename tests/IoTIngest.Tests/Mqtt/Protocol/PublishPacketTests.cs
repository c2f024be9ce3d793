using System.Buffers;
using System.Text;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class PublishPacketTests
{
    [Fact]
    public void TryDecode_ExampleOfTheSpecification_GivesItsParts()
    {
        // MQTT 3.1.1, figure 3.11: topic a/b, packet identifier 10.
        Assert.True(PublishPacket.TryDecode(Packets.Frame([0x32, 7, 0, 3, 0x61, 0x2F, 0x62, 0, 10]), out var publish, out _));
        Assert.Equal(("a/b", MqttQos.AtLeastOnce, (ushort)10), (publish.Topic, publish.Qos, publish.PacketId));
        Assert.True(publish.Payload.IsEmpty);
    }

    [Theory]
    [InlineData(0x00, MqttQos.AtMostOnce, false, false)]
    [InlineData(0x01, MqttQos.AtMostOnce, true, false)]
    [InlineData(0x0A, MqttQos.AtLeastOnce, false, true)]
    [InlineData(0x04, MqttQos.ExactlyOnce, false, false)]
    public void TryDecode_Flags_AreRead(byte flags, object qos, bool retain, bool duplicate)
    {
        var packet = Packets.Publish("devices/p/readings", "{}", flags, packetId: (MqttQos)qos == MqttQos.AtMostOnce ? (ushort)0 : (ushort)7);
        Assert.True(PublishPacket.TryDecode(Packets.Frame(packet), out var publish, out _));
        Assert.Equal((qos, retain, duplicate), ((object)publish.Qos, publish.Retain, publish.Duplicate));
        Assert.Equal("{}", Encoding.UTF8.GetString(publish.Payload));
    }

    [Fact]
    public void TryDecode_ScatteredBuffer_IsTheSame()
    {
        var buffer = Packets.Scattered(Packets.Publish("devices/ü/readings", "[1,2,3]", 0x02, 258));
        Assert.Equal(MqttFrameStatus.Complete, MqttFrameReader.Read(ref buffer, 1_000, out var frame));
        Assert.True(PublishPacket.TryDecode(frame, out var publish, out _));
        Assert.Equal(("devices/ü/readings", (ushort)258, "[1,2,3]"), (publish.Topic, publish.PacketId, Encoding.UTF8.GetString(publish.Payload)));
    }

    [Theory]
    [InlineData(0x06, 1, "a")] // QoS 3
    [InlineData(0x08, 0, "a")] // duplicate of QoS 0
    [InlineData(0x02, 0, "a")] // no packet identifier
    [InlineData(0x00, 0, "")] // empty topic
    [InlineData(0x00, 0, "a/+")]
    [InlineData(0x00, 0, "#")]
    [InlineData(0x00, 0, "a\0b")]
    public void TryDecode_Wrong_IsMalformed(byte flags, ushort packetId, string topic)
    {
        Assert.False(PublishPacket.TryDecode(Packets.Frame(Packets.Publish(topic, "", flags, packetId)), out _, out var problem));
        Assert.StartsWith("PUBLISH", problem);
    }

    [Fact]
    public void TryDecode_PacketIdentifierZero_IsMalformed() =>
        Assert.False(PublishPacket.TryDecode(Packets.Frame([0x32, 5, 0, 1, 0x61, 0, 0]), out _, out _));
}
