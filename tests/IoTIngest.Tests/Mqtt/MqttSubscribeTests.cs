using AiMesh.IoTIngest.Mqtt;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Tests.Mqtt;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class MqttSubscribeTests(IotFixture fixture)
{
    [Fact]
    public async Task Subscribe_OwnAndForeignTopics_GrantsOnlyItsOwn()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Subscribe(
            9, ("devices/pump-1/#", 0), ("devices/pump-1/+/x", 1), ("devices/pump-1/y", 2), ("devices/pump-2/#", 1), ("#", 0), ("+/pump-1/x", 0), ("devices/+/x", 0), ("$SYS/#", 0), ("devices/pump-1", 0)));
        Assert.Equal([0x90, 11, 0, 9, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], await client.ReceiveAsync());
    }

    [Fact]
    public async Task Subscribe_SameTopicNamesOfAnotherOrganisation_HearsNothing()
    {
        var (here, there) = (await fixture.NewOperator().CreateDeviceAsync(), await fixture.NewOperator().CreateDeviceAsync());
        await using var listener = await ConnectAsync(here);
        await listener.SendAsync(Packets.Subscribe(1, ("devices/pump-1/#", 0)));
        await listener.ReceiveAsync();
        await using var sender = await ConnectAsync(there);
        await sender.SendAsync(Packets.Publish("devices/pump-1/status", "secret", 0x03, 1));
        Assert.Equal([0x40, 2, 0, 1], await sender.ReceiveAsync());

        await listener.SendAsync(Packets.PingReq());
        Assert.Equal([0xD0, 0], await listener.ReceiveAsync());
        await listener.SendAsync(Packets.Subscribe(2, ("devices/pump-1/status", 0)), Packets.PingReq());
        Assert.Equal([0x90, 3, 0, 2, 0], await listener.ReceiveAsync());
        Assert.Equal([0xD0, 0], await listener.ReceiveAsync());
    }

    [Fact]
    public async Task Publish_OverlappingFilters_IsDeliveredOnceAtTheHigherQos()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var listener = await ConnectAsync(device, "listener");
        await listener.SendAsync(Packets.Subscribe(1, ("devices/pump-1/#", 0), ("devices/pump-1/status", 1)));
        await listener.ReceiveAsync();
        await using var sender = await ConnectAsync(device, "sender");
        await sender.SendAsync(Packets.Publish("devices/pump-1/status", "on", 0x02, 1), Packets.Publish("devices/pump-1/other", "x", 0x02, 2));

        Assert.Equal(Packets.Publish("devices/pump-1/status", "on", 0x02, 1), await listener.ReceiveAsync());
        Assert.Equal(Packets.Publish("devices/pump-1/other", "x"), await listener.ReceiveAsync());
    }

    [Fact]
    public async Task Unsubscribe_Topic_EndsItsDelivery()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await ConnectAsync(device);
        await client.SendAsync(Packets.Subscribe(1, ("devices/pump-1/a", 0), ("devices/pump-1/b", 0)), Packets.Unsubscribe(2, "devices/pump-1/a"));
        await client.ReceiveAsync();
        Assert.Equal([0xB0, 2, 0, 2], await client.ReceiveAsync());
        await client.SendAsync(Packets.Publish("devices/pump-1/a", "1"), Packets.Publish("devices/pump-1/b", "2"));
        Assert.Equal(Packets.Publish("devices/pump-1/b", "2"), await client.ReceiveAsync());
    }

    [Fact]
    public async Task Publish_Retained_IsSentToLaterSubscribersUntilTakenBack()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var sender = await ConnectAsync(device, "sender");
        await sender.SendAsync(Packets.Publish("devices/pump-1/mode", "eco", 0x03, 1));
        await sender.ReceiveAsync();
        await sender.SendAsync(Packets.Disconnect());

        await using var listener = await ConnectAsync(device, "listener");
        await listener.SendAsync(Packets.Subscribe(1, ("devices/pump-1/mode", 0)));
        await listener.ReceiveAsync();
        Assert.Equal(Packets.Publish("devices/pump-1/mode", "eco", 0x01), await listener.ReceiveAsync());

        // To those who are there it is a message like any other.
        await listener.SendAsync(Packets.Publish("devices/pump-1/mode", "max", 0x01));
        Assert.Equal(Packets.Publish("devices/pump-1/mode", "max"), await listener.ReceiveAsync());
        await listener.SendAsync(Packets.Publish("devices/pump-1/mode", "", 0x01));
        Assert.Equal(Packets.Publish("devices/pump-1/mode", ""), await listener.ReceiveAsync());
        await listener.SendAsync(Packets.Subscribe(2, ("devices/pump-1/mode", 0)), Packets.PingReq());
        await listener.ReceiveAsync();
        Assert.Equal([0xD0, 0], await listener.ReceiveAsync());
    }

    [Fact]
    public async Task Deliver_Qos1Unacknowledged_StopsAtTheWindowAndGoesOnWithAcknowledgements()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var listener = await ConnectAsync(device, "listener");
        await listener.SendAsync(Packets.Subscribe(1, ("devices/pump-1/x", 1)));
        await listener.ReceiveAsync();
        await using var sender = await ConnectAsync(device, "sender");
        for (ushort id = 1; id <= MqttOutbox.Window + 5; id++)
            await sender.SendAsync(Packets.Publish("devices/pump-1/x", $"{id}", 0x02, id));

        for (ushort id = 1; id <= MqttOutbox.Window; id++)
            Assert.Equal(Packets.Publish("devices/pump-1/x", $"{id}", 0x02, id), await listener.ReceiveAsync());
        await listener.SendAsync(Packets.PingReq());
        Assert.Equal([0xD0, 0], await listener.ReceiveAsync());
        await listener.SendAsync(Packets.PubAck(7));
        Assert.Equal(Packets.Publish("devices/pump-1/x", $"{MqttOutbox.Window + 1}", 0x02, MqttOutbox.Window + 1), await listener.ReceiveAsync());
    }

    [Fact]
    public void Outbox_BeyondItsBounds_Refuses()
    {
        using var outbox = new MqttOutbox();
        var message = new MqttMessage("t", new byte[MqttOutbox.MaxBytes / 4], IoTIngest.Mqtt.Protocol.MqttQos.AtMostOnce, Retain: false);
        for (var count = 0; count < 4; count++)
            Assert.True(outbox.TryAdd(message));
        Assert.False(outbox.TryAdd(message));

        using var many = new MqttOutbox();
        for (var count = 0; count < MqttOutbox.MaxMessages; count++)
            Assert.True(many.TryAdd(message with { Payload = [] }));
        Assert.False(many.TryAdd(message with { Payload = [] }));
    }

    private Task<RawMqttClient> ConnectAsync(TestDevice device, string clientId = "c1") => RawMqttClient.ConnectAsync(fixture.Service.Ports.Mqtt, device, clientId);
}
