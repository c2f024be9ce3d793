using System.Text;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;
using AiMesh.Testing;

namespace AiMesh.IoTIngest.Tests.Mqtt;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class MqttPublishTests(IotFixture fixture)
{
    private const string Topic = "devices/pump-1/readings";

    [Fact]
    public async Task Publish_EveryFormOfPayload_IsStoredAndAcknowledgedInOrder()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        var time = DateTime.UtcNow.AddMinutes(-1).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
        await client.SendAsync(
            Packets.Publish(Topic, $$"""{"metric":"t","value":1.5,"time":"{{time}}"}""", 0x02, 11),
            Packets.Publish(Topic, """[{"metric":"t","value":2},{"value":3e0,"metric":"v","time":null}]""", 0x02, 12),
            Packets.Publish(Topic, """{"requestId":"r1","readings":[{"metric":"t","value":-4}]}""", 0x02, 13),
            Packets.Publish(Topic, """{"readings":[{"metric":"t","value":-4}],"requestId":"r1"}""", 0x0A, 14));
        foreach (byte id in new[] { 11, 12, 13, 14 })
            Assert.Equal([0x40, 2, 0, id], await client.ReceiveAsync());

        // The fourth was the third again.
        Assert.Equal([-4, 1.5, 2, 3], (await someone.ReadAsync()).Select(reading => reading.Value).Order());
    }

    [Fact]
    public async Task Publish_Qos0ThenDisconnect_IsStored()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using (var client = await ConnectAsync(device))
            await client.SendAsync(Packets.Publish(Topic, """{"metric":"t","value":1}"""), Packets.Disconnect());
        await Eventually.HoldsAsync(async () => (await someone.ReadAsync()).Count == 1, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("""{"metric":"t","value":1""", "not JSON")]
    [InlineData("", "not JSON")]
    [InlineData("21.5", "expected an object or an array")]
    [InlineData("""{"metric":"t","value":"1"}""", "value: expected a number")]
    [InlineData("""{"metric":"t"}""", "value: missing")]
    [InlineData("""{"value":1}""", "metric: missing")]
    [InlineData("""{"metric":"t","value":1,"unit":"C"}""", "unknown field 'unit'")]
    [InlineData("""{"metric":"t","value":1,"value":2}""", "value: stands twice")]
    [InlineData("""{"metric":"t","value":1,"readings":[]}""", "in one object")]
    [InlineData("""{"metric":"t","value":1,"time":"2026-01-01"}""", "RFC 3339")]
    [InlineData("""{"metric":"t","value":1,"time":"2026-01-01T00:00:00"}""", "RFC 3339")]
    [InlineData("""{"metric":"t","value":1} x""", "not JSON")]
    [InlineData("""[1]""", "readings[0]: expected an object")]
    [InlineData("""[]""", "expected 1 to 5000 readings")]
    [InlineData("""[[[[[[[[]]]]]]]]""", "expected an object")]
    [InlineData("""{"metric":"\ud800","value":1}""", "not Unicode")]
    [InlineData("""{"metric":"a b","value":1}""", "readings[0].metric")]
    [InlineData("""{"metric":"t","value":1e999}""", "readings[0].value")]
    [InlineData("""{"metric":"t","value":1,"time":"2020-01-01T00:00:00Z"}""", "readings[0].time")]
    public async Task Publish_WrongPayload_IsADeadLetterWithItsReasonAndAcknowledged(string payload, string reason)
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Publish(Topic, payload, 0x02, 5));
        Assert.Equal([0x40, 2, 0, 5], await client.ReceiveAsync());
        Assert.Contains(reason, await fixture.AskAsync<string>("SELECT reason FROM dead_letters WHERE organisation = $1 AND source = 'mqtt'", someone.Organisation));
        Assert.Empty(await someone.ReadAsync());

        // And the connection goes on.
        await client.SendAsync(Packets.PingReq());
        Assert.Equal([0xD0, 0], await client.ReceiveAsync());
    }

    [Fact]
    public async Task Publish_BytesThatAreNoText_IsADeadLetter()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Packet(0x32, [.. Packets.Text(Topic), 0, 5, 0x00, 0xFF, 0xC3, 0x28]));
        Assert.Equal([0x40, 2, 0, 5], await client.ReceiveAsync());
        Assert.Equal(1, await fixture.AskAsync<long>("SELECT count(*) FROM dead_letters WHERE organisation = $1", someone.Organisation));
    }

    [Fact]
    public async Task Publish_ToATopicOfAnother_EndsTheConnection()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.CreateDeviceAsync("pump-2");
        foreach (var topic in new[] { "devices/pump-2/readings", "devices/pump-1", "readings", "$SYS/x" })
        {
            await using var client = await ConnectAsync(device);
            await client.SendAsync(Packets.Publish(topic, """{"metric":"t","value":1}""", 0x02, 5));
            Assert.True(await client.IsClosedAsync(), topic);
        }

        Assert.Empty(await someone.ReadAsync("pump-2"));
    }

    [Fact]
    public async Task Publish_Qos2_EndsTheConnectionUnacknowledged()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Publish(Topic, """{"metric":"t","value":1}""", 0x04, 5));
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(await someone.ReadAsync());
    }

    [Fact]
    public async Task Publish_LargerThanAllowed_EndsTheConnection()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Publish(Topic, new string('x', 300_000))[..1_000]);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Publish_ManyAtOnce_AreAllAcknowledgedInOrder()
    {
        const int Count = 2_000;
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        var sending = client.SendAsync(Enumerable.Range(1, Count).Select(id => Packets.Publish(Topic, $$"""{"metric":"t","value":{{id}}}""", 0x02, (ushort)id)));
        for (ushort id = 1; id <= Count; id++)
            Assert.Equal([0x40, 2, .. Packets.UInt16(id)], await client.ReceiveAsync());
        await sending;
        Assert.Equal(Count, (await someone.ReadAsync()).Count);
    }

    [Fact]
    public async Task Will_ConnectionLost_IsPublishedAndStored()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var watcher = await ConnectAsync(device, "watcher");
        await watcher.SendAsync(Packets.Subscribe(1, ("devices/pump-1/status", 1)));
        Assert.Equal([0x90, 3, 0, 1, 1], await watcher.ReceiveAsync());

        await using (var client = await RawMqttClient.OpenAsync(Port))
        {
            await client.SendAsync(Packets.Connect("willing", flags: 0xCE, user: device.Id, password: device.Credential, will: ("devices/pump-1/status", "gone")));
            Assert.Equal([0x20, 2, 0, 0], await client.ReceiveAsync());
        }

        Assert.Equal([0x32, .. Packets.Publish("devices/pump-1/status", "gone", 0x02, 1)[1..]], await watcher.ReceiveAsync());

        await using (var client = await RawMqttClient.OpenAsync(Port))
        {
            await client.SendAsync(Packets.Connect("willing", flags: 0xCE, user: device.Id, password: device.Credential, will: (Topic, """{"metric":"offline","value":1}""")));
            Assert.Equal([0x20, 2, 0, 0], await client.ReceiveAsync());
        }

        await Eventually.HoldsAsync(async () => (await someone.ReadAsync()).Any(reading => reading.Metric == "offline"), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Will_OrderlyDisconnect_IsNotPublished()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using (var client = await RawMqttClient.OpenAsync(Port))
        {
            await client.SendAsync(Packets.Connect("willing", flags: 0xCE, user: device.Id, password: device.Credential, will: (Topic, """{"metric":"offline","value":1}""")));
            Assert.Equal([0x20, 2, 0, 0], await client.ReceiveAsync());
            await client.SendAsync(Packets.Disconnect());
            Assert.True(await client.IsClosedAsync());
        }

        await using var next = await ConnectAsync(device);
        await next.SendAsync(Packets.Publish(Topic, """{"metric":"t","value":1}""", 0x02, 1));
        await next.ReceiveAsync();
        Assert.Equal(["t"], (await someone.ReadAsync()).Select(reading => reading.Metric));
    }

    private int Port => fixture.Service.Ports.Mqtt;

    private Task<RawMqttClient> ConnectAsync(TestDevice device, string clientId = "c1") => RawMqttClient.ConnectAsync(Port, device, clientId);
}
