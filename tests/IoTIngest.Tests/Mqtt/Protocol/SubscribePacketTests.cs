using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class SubscribePacketTests
{
    [Fact]
    public void TryDecode_ExampleOfTheSpecification_GivesItsParts()
    {
        // MQTT 3.1.1, figure 3.23.
        byte[] packet = [0x82, 14, 0, 10, 0, 3, 0x61, 0x2F, 0x62, 1, 0, 3, 0x63, 0x2F, 0x64, 2];
        Assert.True(SubscribePacket.TryDecode(Packets.Frame(packet), out var subscribe, out _));
        Assert.Equal(10, subscribe.PacketId);
        Assert.Equal([new TopicRequest("a/b", MqttQos.AtLeastOnce), new TopicRequest("c/d", MqttQos.ExactlyOnce)], subscribe.Topics);
    }

    [Theory]
    [InlineData("a/b", 3)]
    [InlineData("a/b", 0x81)]
    [InlineData("a#", 0)]
    [InlineData("", 0)]
    public void TryDecode_WrongTopicRequest_IsMalformed(string filter, byte qos) => AssertMalformed(Packets.Subscribe(1, (filter, qos)));

    [Fact]
    public void TryDecode_NothingAskedFor_IsMalformed() => AssertMalformed(Packets.Subscribe(1));

    [Fact]
    public void TryDecode_PacketIdentifierZero_IsMalformed() => AssertMalformed(Packets.Subscribe(0, ("a", 0)));

    [Fact]
    public void TryDecode_QosMissing_IsMalformed() => AssertMalformed(Packets.Packet(0x82, [0, 1, .. Packets.Text("a")]));

    [Fact]
    public void TryDecodeUnsubscribe_ExampleOfTheSpecification_GivesItsParts()
    {
        // MQTT 3.1.1, figure 3.30.
        byte[] packet = [0xA2, 12, 0, 10, 0, 3, 0x61, 0x2F, 0x62, 0, 3, 0x63, 0x2F, 0x64];
        Assert.True(UnsubscribePacket.TryDecode(Packets.Frame(packet), out var unsubscribe, out _));
        Assert.Equal(10, unsubscribe.PacketId);
        Assert.Equal(["a/b", "c/d"], unsubscribe.Filters);
    }

    [Theory]
    [InlineData(0, "a")]
    [InlineData(1, "a/#/b")]
    [InlineData(1)]
    public void TryDecodeUnsubscribe_Wrong_IsMalformed(ushort packetId, params string[] filters)
    {
        Assert.False(UnsubscribePacket.TryDecode(Packets.Frame(Packets.Unsubscribe(packetId, filters)), out _, out var problem));
        Assert.StartsWith("UNSUBSCRIBE", problem);
    }

    private static void AssertMalformed(byte[] packet)
    {
        Assert.False(SubscribePacket.TryDecode(Packets.Frame(packet), out _, out var problem));
        Assert.StartsWith("SUBSCRIBE", problem);
    }
}
