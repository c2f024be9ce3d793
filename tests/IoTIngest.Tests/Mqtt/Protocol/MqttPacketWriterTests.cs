using System.Buffers;
using System.Text;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class MqttPacketWriterTests
{
    [Fact]
    public void Write_Acknowledgements_AreTheBytesOfTheSpecification()
    {
        Assert.Equal([0x20, 2, 0, 5], Written(output => MqttPacketWriter.WriteConnAck(output, MqttConnectCode.NotAuthorized)));
        Assert.Equal([0x20, 2, 1, 0], Written(output => MqttPacketWriter.WriteConnAck(output, MqttConnectCode.Accepted, sessionPresent: true)));
        Assert.Equal([0x20, 3, 0, 0x84, 0], Written(MqttPacketWriter.WriteConnAckForLevel5));
        Assert.Equal([0x40, 2, 0x12, 0x34], Written(output => MqttPacketWriter.WritePubAck(output, 0x1234)));
        Assert.Equal([0xB0, 2, 0x12, 0x34], Written(output => MqttPacketWriter.WriteUnsubAck(output, 0x1234)));
        Assert.Equal([0x90, 4, 0, 10, 1, 0x80], Written(output => MqttPacketWriter.WriteSubAck(output, 10, [1, 0x80])));
        Assert.Equal([0xD0, 0], Written(MqttPacketWriter.WritePingResp));
    }

    [Theory]
    [InlineData("a/b", 0)]
    [InlineData("a/b", 120)]
    [InlineData("gerät/ü", 130)]
    [InlineData("t", 20_000)]
    [InlineData("t", 2_097_149)]
    public void WritePublish_AnySize_IsReadBack(string topic, int size)
    {
        var payload = new string('x', size);
        var written = Written(output => MqttPacketWriter.WritePublish(output, topic, Encoding.UTF8.GetBytes(payload), MqttQos.AtLeastOnce, retain: true, 77));

        Assert.True(PublishPacket.TryDecode(Packets.Frame(written), out var publish, out _));
        Assert.Equal((topic, MqttQos.AtLeastOnce, true, false, (ushort)77), (publish.Topic, publish.Qos, publish.Retain, publish.Duplicate, publish.PacketId));
        Assert.Equal(payload, Encoding.UTF8.GetString(publish.Payload));
    }

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }
}
