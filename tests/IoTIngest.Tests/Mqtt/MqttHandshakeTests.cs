using System.Diagnostics;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;
using AiMesh.Testing;

namespace AiMesh.IoTIngest.Tests.Mqtt;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class MqttHandshakeTests(IotFixture fixture)
{
    [Fact]
    public async Task Connect_RightCredential_IsAcceptedAndPinged()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await RawMqttClient.ConnectAsync(Port, device);
        await client.SendAsync(Packets.PingReq());
        Assert.Equal([0xD0, 0], await client.ReceiveAsync());
        await client.SendAsync(Packets.Disconnect());
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Connect_WrongCredentialOrName_IsRefused()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var other = await someone.CreateDeviceAsync("pump-2");
        foreach (var (user, password) in new[] { (device.Id, "secret"), (device.Id, other.Credential), ("pump-2", device.Credential), ("", device.Credential) })
            Assert.Equal([0x20, 2, 0, 4], await AnswerAsync(Packets.Connect(user: user, password: password)));
        Assert.Equal([0x20, 2, 0, 4], await AnswerAsync(Packets.Connect(flags: 0x02, user: null, password: null)));
    }

    [Fact]
    public async Task Connect_RevokedDevice_IsRefused()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = device.Id }, someone.Headers);
        Assert.Equal([0x20, 2, 0, 4], await AnswerAsync(Packets.Connect(user: device.Id, password: device.Credential)));
    }

    [Fact]
    public async Task Connect_Level5_IsRefusedInItsOwnShape() =>
        Assert.Equal([0x20, 3, 0, 0x84, 0], await AnswerAsync(Packets.Connect(level: 5)));

    [Fact]
    public async Task Connect_Level3_IsRefused() =>
        Assert.Equal([0x20, 2, 0, 1], await AnswerAsync(Packets.Connect(protocol: "MQIsdp", level: 3)));

    [Fact]
    public async Task Connect_NoClientIdentifier_NeedsACleanSession()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        Assert.Equal([0x20, 2, 0, 2], await AnswerAsync(Packets.Connect(clientId: "", flags: 0xC0, user: device.Id, password: device.Credential)));
        Assert.Equal([0x20, 2, 0, 0], await AnswerAsync(Packets.Connect(clientId: "", flags: 0xC2, user: device.Id, password: device.Credential)));
    }

    [Fact]
    public async Task Connect_WillOutsideItsOwnTopics_IsRefused()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        Assert.Equal([0x20, 2, 0, 5], await AnswerAsync(Packets.Connect(flags: 0xC6, user: device.Id, password: device.Credential, will: ("devices/pump-2/x", "bye"))));
    }

    public static TheoryData<byte[]> NotMqtt => new()
    {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
        Packets.PingReq(),
        Packets.Publish("devices/pump-1/readings", "{}"),
        Packets.Connect(protocol: "HTTP"),
        Packets.Connect(flags: 0xC3),
        new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F },
        new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0x7F },
    };

    [Theory]
    [MemberData(nameof(NotMqtt))]
    public async Task Connect_NothingThatIsOne_ClosesWithoutAWord(byte[] bytes) => Assert.Empty(await AnswerAsync(bytes));

    [Fact]
    public async Task Connect_Twice_CloseTheConnection()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await RawMqttClient.ConnectAsync(Port, device);
        await client.SendAsync(Packets.Connect(user: device.Id, password: device.Credential));
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Connect_Silence_IsEndedAfterTheTimeAllowed()
    {
        await using var service = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority, "Mqtt:ConnectTimeout=00:00:00.3");
        await using var client = await RawMqttClient.OpenAsync(service.Ports.Mqtt);
        await client.SendAsync([0x10]);
        var started = Stopwatch.GetTimestamp();
        Assert.True(await client.IsClosedAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Connect_SilentBeyondItsKeepAlive_IsClosed()
    {
        var device = await fixture.NewOperator().CreateDeviceAsync();
        await using var client = await RawMqttClient.ConnectAsync(Port, device, keepAlive: 1);
        var started = Stopwatch.GetTimestamp();
        Assert.True(await client.IsClosedAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(1.3), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Connect_SameClientIdentifier_TakesOver()
    {
        var someone = fixture.NewOperator();
        var (device, other) = (await someone.CreateDeviceAsync(), await someone.CreateDeviceAsync("pump-2"));
        await using var first = await RawMqttClient.ConnectAsync(Port, device, "same");
        await using var stranger = await RawMqttClient.ConnectAsync(Port, other, "same");
        await using var second = await RawMqttClient.ConnectAsync(Port, device, "same");
        Assert.True(await first.IsClosedAsync());
        foreach (var alive in new[] { second, stranger })
        {
            await alive.SendAsync(Packets.PingReq());
            Assert.Equal([0xD0, 0], await alive.ReceiveAsync());
        }
    }

    [Fact]
    public async Task RevokeDevice_OpenConnection_IsClosedAtOnce()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await using var client = await RawMqttClient.ConnectAsync(Port, device);
        await someone.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = device.Id }, someone.Headers);
        Assert.True(await client.IsClosedAsync().WaitAsync(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Connect_MoreThanAllowed_AreTurnedAway()
    {
        await using var service = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority, "Mqtt:MaxConnections=2");
        var device = await fixture.NewOperator(service).CreateDeviceAsync();
        await using var first = await RawMqttClient.ConnectAsync(service.Ports.Mqtt, device, "1");
        await using (var second = await RawMqttClient.ConnectAsync(service.Ports.Mqtt, device, "2"))
        {
            await using var third = await RawMqttClient.OpenAsync(service.Ports.Mqtt);
            Assert.True(await third.IsClosedAsync());
        }

        // Room again, once one has gone.
        await Eventually.HoldsAsync(
            async () =>
            {
                await using var again = await RawMqttClient.OpenAsync(service.Ports.Mqtt);
                await again.SendAsync(Packets.Connect("3", user: device.Id, password: device.Credential));
                return (await again.ReceiveAsync()).Length == 4;
            },
            TimeSpan.FromSeconds(5));
    }

    private int Port => fixture.Service.Ports.Mqtt;

    private async Task<byte[]> AnswerAsync(byte[] bytes)
    {
        await using var client = await RawMqttClient.OpenAsync(Port);
        await client.SendAsync(bytes);
        var answer = await client.ReceiveAsync();
        if (answer is [0x20, .., 0])
            return answer;

        Assert.True(answer.Length == 0 || await client.IsClosedAsync(), "a refusal ends the connection");
        return answer;
    }
}
