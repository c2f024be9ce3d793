using System.Buffers;
using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class MqttFrameReaderTests
{
    // MQTT 3.1.1, table 2.4: the borders of one to four length bytes.
    [Theory]
    [InlineData(0, new byte[] { 0x00 })]
    [InlineData(127, new byte[] { 0x7F })]
    [InlineData(128, new byte[] { 0x80, 0x01 })]
    [InlineData(16_383, new byte[] { 0xFF, 0x7F })]
    [InlineData(16_384, new byte[] { 0x80, 0x80, 0x01 })]
    [InlineData(2_097_151, new byte[] { 0xFF, 0xFF, 0x7F })]
    [InlineData(2_097_152, new byte[] { 0x80, 0x80, 0x80, 0x01 })]
    public void Read_LengthOfTheSpecification_TakesExactlyThatMany(int length, byte[] field)
    {
        byte[] packet = [0x30, .. field, .. new byte[length], 0xC0];
        var buffer = new ReadOnlySequence<byte>(packet);

        Assert.Equal(MqttFrameStatus.Complete, MqttFrameReader.Read(ref buffer, MqttFrameReader.LargestBody, out var frame));
        Assert.Equal(MqttPacketType.Publish, frame.Type);
        Assert.Equal(length, frame.Body.Length);
        Assert.Equal([0xC0], buffer.ToArray());
    }

    [Fact]
    public void Read_FifthLengthByte_IsMalformed() =>
        Assert.Equal(MqttFrameStatus.Malformed, Read([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]));

    [Fact]
    public void Read_LongerThanTheLimit_IsKnownBeforeTheBodyArrives()
    {
        Assert.Equal(MqttFrameStatus.TooLarge, Read([0x30, 0xFF, 0xFF, 0xFF, 0x7F], largestBody: 1_000));
        Assert.Equal(MqttFrameStatus.Complete, Read([0x30, 3, 0, 1, 97], largestBody: 3));
        Assert.Equal(MqttFrameStatus.TooLarge, Read([0x30, 4, 0, 1, 97, 98], largestBody: 3));
    }

    [Fact]
    public void Read_EveryPrefix_IsIncompleteAndTakesNothing()
    {
        var packet = Packets.Connect();
        for (var length = 0; length < packet.Length; length++)
        {
            var buffer = new ReadOnlySequence<byte>(packet, 0, length);
            Assert.Equal(MqttFrameStatus.Incomplete, MqttFrameReader.Read(ref buffer, 1_000, out _));
            Assert.Equal(length, buffer.Length);
        }
    }

    [Theory]
    [InlineData(0x00)] // reserved
    [InlineData(0xF0)] // reserved in 3.1.1
    [InlineData(0x20)] // CONNACK, SUBACK, UNSUBACK and PINGRESP come from servers
    [InlineData(0x90)]
    [InlineData(0xB0)]
    [InlineData(0xD0)]
    [InlineData(0x11)] // CONNECT, PINGREQ, DISCONNECT and PUBACK with reserved flags
    [InlineData(0xC1)]
    [InlineData(0xE8)]
    [InlineData(0x42)]
    [InlineData(0x80)] // SUBSCRIBE and UNSUBSCRIBE without the flags 0010 that they must have
    [InlineData(0xA0)]
    public void Read_FirstByteThatNoClientMaySend_IsMalformed(byte first) => Assert.Equal(MqttFrameStatus.Malformed, Read([first, 0]));

    private static MqttFrameStatus Read(byte[] packet, int largestBody = MqttFrameReader.LargestBody)
    {
        var buffer = new ReadOnlySequence<byte>(packet);
        return MqttFrameReader.Read(ref buffer, largestBody, out _);
    }
}
