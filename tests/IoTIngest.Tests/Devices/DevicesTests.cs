using System.Net;
using System.Text.Json;
using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Devices;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class DevicesTests(IotFixture fixture)
{
    [Fact]
    public async Task CreateDevice_OverHttp_ShowsTheCredentialOnceAndStoresOnlyItsHash()
    {
        var someone = fixture.NewOperator();
        using var request = someone.Request(HttpMethod.Post, "/api/iot/devices", """{"deviceId":"pump-1","device":{"displayName":"Pump 1","deviceType":"pump","metadata":{"site":"A"},"groups":["north"]}}""");
        using var response = await fixture.Service.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var credential = body.GetProperty("credential").GetString()!;
        Assert.StartsWith($"amd_{someone.Organisation}_", credential);
        Assert.Equal("devices/pump-1", body.GetProperty("device").GetProperty("name").GetString());
        Assert.Equal("REGISTERED", body.GetProperty("device").GetProperty("state").GetString());

        var device = await someone.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "pump-1" }, someone.Headers);
        Assert.Equal(("Pump 1", "pump", "A", "north"), (device.DisplayName, device.DeviceType, device.Metadata["site"], device.Groups.Single()));
        var row = await fixture.AskAsync<string>("SELECT d::text FROM devices d WHERE organisation = $1", someone.Organisation);
        Assert.DoesNotContain(credential[^49..], row);
    }

    [Fact]
    public async Task CreateDevice_IdTaken_IsRefused()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        var error = await Assert.ThrowsAsync<RpcException>(() => someone.CreateDeviceAsync());
        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
    }

    [Fact]
    public async Task CreateDevice_EverythingWrong_NamesEveryField()
    {
        var someone = fixture.NewOperator();
        var json = $$"""
            {"deviceId":"Pump 1","device":{"displayName":"{{new string('x', 101)}}","deviceType":"{{new string('x', 64)}}",
             "metadata":{"Bad Key":"1","good":"a\u0000b"},"groups":["Not Good"]} }
            """;
        using var response = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Post, "/api/iot/devices", json));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.All(["device_id", "device.display_name", "device.device_type", "device.metadata", "device.metadata.good", "device.groups"], field => Assert.Contains($"\"{field}\"", text));
    }

    [Fact]
    public async Task UpdateDevice_WithMask_ChangesOnlyWhatItNames()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        await someone.Devices.UpdateDeviceAsync(new UpdateDeviceRequest { DeviceId = "pump-1", Device = new Device { DisplayName = "One", DeviceType = "pump" } }, someone.Headers);
        var device = await someone.Devices.UpdateDeviceAsync(
            new UpdateDeviceRequest { DeviceId = "pump-1", Device = new Device { DisplayName = "", DeviceType = "fan" }, UpdateMask = FieldMask.FromString("display_name") },
            someone.Headers);
        Assert.Equal(("", "pump"), (device.DisplayName, device.DeviceType));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Devices.UpdateDeviceAsync(
            new UpdateDeviceRequest { DeviceId = "pump-1", Device = new Device(), UpdateMask = FieldMask.FromString("state") }, someone.Headers));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public async Task ListDevices_InPages_GivesEachOnceInOrder()
    {
        var someone = fixture.NewOperator();
        string[] ids = ["a", "a-1", "a_1", "b", "z9"];
        foreach (var id in ids.Reverse())
            await someone.CreateDeviceAsync(id);

        List<string> seen = [];
        var token = "";
        do
        {
            var page = await someone.Devices.ListDevicesAsync(new ListDevicesRequest { PageSize = 2, PageToken = token }, someone.Headers);
            Assert.InRange(page.Devices.Count, 1, 2);
            seen.AddRange(page.Devices.Select(device => device.Id));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(ids.Order(StringComparer.Ordinal), seen);
    }

    [Theory]
    [InlineData(-1, "")]
    [InlineData(1001, "")]
    [InlineData(0, "nonsense")]
    [InlineData(0, "AAAA")]
    public async Task ListDevices_WrongPage_NamesTheField(int size, string token)
    {
        var someone = fixture.NewOperator();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Devices.ListDevicesAsync(new ListDevicesRequest { PageSize = size, PageToken = token }, someone.Headers));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(token.Length > 0 ? "page_token" : "page_size", error.Status.Detail);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("No body")]
    [InlineData("a\0b")]
    public async Task GetDevice_Unknown_IsNotFound(string id)
    {
        var someone = fixture.NewOperator();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Devices.GetDeviceAsync(new GetDeviceRequest { Device = id }, someone.Headers));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task GetDevice_AfterAReading_IsOnline()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 1, null)), device.Headers);
        var now = await someone.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "pump-1" }, someone.Headers);
        Assert.Equal(Device.Types.State.Online, now.State);
        Assert.InRange(DateTime.UtcNow - now.LastSeenTime.ToDateTime(), TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task EveryRpc_OfAnotherOrganisation_IsNotFound()
    {
        var owner = fixture.NewOperator();
        await owner.CreateDeviceAsync();
        var stranger = fixture.NewOperator();
        await stranger.CreateDeviceAsync("own");
        Func<Task>[] attempts =
        [
            async () => await stranger.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "pump-1" }, stranger.Headers),
            async () => await stranger.Devices.UpdateDeviceAsync(new UpdateDeviceRequest { DeviceId = "pump-1", Device = new Device { DisplayName = "mine" } }, stranger.Headers),
            async () => await stranger.Devices.RevokeDeviceAsync(new RevokeDeviceRequest { Device = "pump-1" }, stranger.Headers),
            async () => await stranger.Devices.RotateCredentialAsync(new RotateCredentialRequest { Device = "pump-1" }, stranger.Headers),
            async () => await stranger.Readings.ListReadingsAsync(new ListReadingsRequest { Device = "pump-1" }, stranger.Headers),
            async () => await stranger.Ingest.IngestReadingsAsync(new IngestReadingsRequest { DeviceId = "pump-1", Readings = { new Reading { Metric = "t" } } }, stranger.Headers),
        ];
        foreach (var attempt in attempts)
            Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(attempt)).StatusCode);

        var list = await stranger.Devices.ListDevicesAsync(new ListDevicesRequest(), stranger.Headers);
        Assert.Equal(["own"], list.Devices.Select(device => device.Id));
        Assert.Equal(Device.Types.State.Registered, (await owner.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "pump-1" }, owner.Headers)).State);
    }

    [Fact]
    public async Task CreateDevice_WithoutPermission_IsDenied()
    {
        var viewer = fixture.OperatorOf("org-viewer", permissions: ["iot:devices:read", "iot:read:*"]);
        var error = await Assert.ThrowsAsync<RpcException>(() => viewer.CreateDeviceAsync());
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }
}
