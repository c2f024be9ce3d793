using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt.Protocol;

public sealed class ConnectPacketTests
{
    [Fact]
    public void TryDecode_ExampleOfTheSpecification_GivesItsParts()
    {
        // MQTT 3.1.1, figure 3.6: user name, password, will of QoS 1, clean session, keep-alive 10.
        byte[] packet =
        [
            0x10, 0x27, 0x00, 0x04, 0x4D, 0x51, 0x54, 0x54, 0x04, 0xCE, 0x00, 0x0A,
            .. Packets.Text("id"), .. Packets.Text("will/topic"), .. Packets.Text("bye"), .. Packets.Text("me"), .. Packets.Text("pw"),
        ];

        Assert.True(ConnectPacket.TryDecode(Packets.Frame(packet), out var connect, out _));
        Assert.Equal(4, connect.ProtocolLevel);
        Assert.Equal("id", connect.ClientId);
        Assert.Equal(10, connect.KeepAlive);
        Assert.True(connect.CleanSession);
        Assert.Equal(("will/topic", MqttQos.AtLeastOnce, false), (connect.Will!.Topic, connect.Will.Qos, connect.Will.Retain));
        Assert.Equal("bye"u8, connect.Will.Message);
        Assert.Equal("me", connect.UserName);
        Assert.Equal("pw"u8, connect.Password!);
    }

    [Fact]
    public void TryDecode_WithoutOptionalParts_LeavesThemNull()
    {
        Assert.True(Decode(Packets.Connect(clientId: "", flags: 0x02, user: null, password: null), out var connect, out _));
        Assert.Equal("", connect!.ClientId);
        Assert.Null(connect.UserName);
        Assert.Null(connect.Password);
        Assert.Null(connect.Will);
    }

    [Theory]
    [InlineData("MQTT", 5, 5)]
    [InlineData("MQTT", 3, 3)]
    [InlineData("MQIsdp", 3, 3)]
    public void TryDecode_OtherLevel_GivesTheLevelToRefuse(string protocol, byte level, byte expected)
    {
        Assert.True(Decode(Packets.Connect(protocol: protocol, level: level), out var connect, out _));
        Assert.Equal(expected, connect!.ProtocolLevel);
    }

    [Theory]
    [InlineData("HTTP")]
    [InlineData("mqtt")]
    [InlineData("")]
    public void TryDecode_OtherProtocol_IsMalformed(string protocol) => AssertMalformed(Packets.Connect(protocol: protocol));

    [Theory]
    [InlineData(0xC3)] // reserved bit
    [InlineData(0xCA)] // will QoS without a will
    [InlineData(0xE2)] // will retain without a will
    [InlineData(0xDE)] // will QoS 3
    public void TryDecode_ContradictoryFlags_IsMalformed(byte flags) => AssertMalformed(Packets.Connect(flags: flags, will: (flags & 4) != 0 ? ("a", "b") : null));

    [Fact]
    public void TryDecode_PasswordWithoutUserName_IsMalformed() => AssertMalformed(Packets.Connect(flags: 0x42, user: null));

    [Fact]
    public void TryDecode_BytesLeftOver_IsMalformed() => AssertMalformed(Packets.Connect(flags: 0x82));

    [Fact]
    public void TryDecode_WillToAWildcard_IsMalformed() => AssertMalformed(Packets.Connect(flags: 0xC6, will: ("devices/#", "bye")));

    [Fact]
    public void TryDecode_AnnouncedPartMissing_IsMalformed() => AssertMalformed(Packets.Connect(flags: 0xC2, password: null));

    [Theory]
    [InlineData(new byte[] { 0xC3, 0x28 })] // broken sequence
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })] // surrogate
    [InlineData(new byte[] { 0xC0, 0xAF })] // overlong
    [InlineData(new byte[] { 0x61, 0x00 })] // U+0000
    public void TryDecode_TextThatIsNotUtf8_IsMalformed(byte[] clientId)
    {
        byte[] body = [.. Packets.Text("MQTT"), 4, 2, 0, 60, .. Packets.UInt16((ushort)clientId.Length), .. clientId];
        AssertMalformed(Packets.Packet(0x10, body));
    }

    [Fact]
    public void TryDecode_EveryTruncatedBody_IsMalformed()
    {
        var packet = Packets.Connect(flags: 0xC6, will: ("a", "b"));
        for (var length = 2; length < packet.Length; length++)
        {
            // Up to the level byte everything is read alike; from there on each part is missed.
            Assert.False(Decode(Packets.Packet(0x10, packet[2..length]), out _, out var problem), $"{length} bytes");
            Assert.False(string.IsNullOrEmpty(problem));
        }
    }

    private static bool Decode(byte[] packet, out ConnectPacket? connect, out string? problem) =>
        ConnectPacket.TryDecode(Packets.Frame(packet), out connect, out problem);

    private static void AssertMalformed(byte[] packet)
    {
        Assert.False(Decode(packet, out var connect, out var problem));
        Assert.Null(connect);
        Assert.StartsWith("CONNECT", problem);
    }
}
