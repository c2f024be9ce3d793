using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Live;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Live;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class LiveTests(IotFixture fixture)
{
    [Fact]
    public async Task WatchReadings_OneDevice_ShowsItsReadingsOnly()
    {
        var someone = fixture.NewOperator();
        var (one, two) = (await someone.CreateDeviceAsync("one"), await someone.CreateDeviceAsync("two"));
        using var watch = someone.Readings.WatchReadings(new WatchReadingsRequest { Device = "one" }, someone.Headers);
        await watch.ResponseHeadersAsync;
        await someone.Ingest.IngestReadingsAsync(two.Request("", ("t", 1, null)), two.Headers);
        await someone.Ingest.IngestReadingsAsync(one.Request("", ("t", 2, null), ("bad metric", 0, null)), one.Headers);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(("one", 2.0, 0), (watch.ResponseStream.Current.Device, watch.ResponseStream.Current.Reading.Value, watch.ResponseStream.Current.Skipped));
    }

    [Fact]
    public async Task WatchReadings_EveryDevice_TakesTheWiderPermissionAndStaysInTheOrganisation()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var stranger = fixture.NewOperator();
        var foreign = await stranger.CreateDeviceAsync();
        using var watch = someone.Readings.WatchReadings(new WatchReadingsRequest(), someone.Headers);
        await watch.ResponseHeadersAsync;
        await stranger.Ingest.IngestReadingsAsync(foreign.Request("", ("t", 1, null)), foreign.Headers);
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 2, null)), device.Headers);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(2, watch.ResponseStream.Current.Reading.Value);

        var limited = fixture.OperatorOf(someone.Organisation, permissions: ["iot:read:pump-1"]);
        using var refused = limited.Readings.WatchReadings(new WatchReadingsRequest(), limited.Headers);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => refused.ResponseStream.MoveNext(CancellationToken.None))).StatusCode);
    }

    [Fact]
    public async Task WebSocket_OneDevice_GivesAMessageOfJsonForEachReading()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        using var socket = await OpenAsync("pump-1", someone.Token);
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 1.5, null), ("v", 2.5, null)), device.Headers);
        foreach (var (metric, value) in new[] { ("t", 1.5), ("v", 2.5) })
        {
            var message = await ReceiveAsync(socket);
            Assert.Equal("pump-1", message.GetProperty("device").GetString());
            Assert.Equal((metric, value), (message.GetProperty("reading").GetProperty("metric").GetString(), message.GetProperty("reading").GetProperty("value").GetDouble()));
            Assert.Equal("0", message.GetProperty("skipped").GetString());
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("pump-1", false, HttpStatusCode.Unauthorized)]
    [InlineData("pump-2", true, HttpStatusCode.Forbidden)]
    [InlineData("", true, HttpStatusCode.Forbidden)]
    public async Task WebSocket_WithoutTheRight_IsRefused(string device, bool signedIn, HttpStatusCode expected)
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        var limited = fixture.OperatorOf(someone.Organisation, permissions: ["iot:read:pump-1"]);
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(Address(device, signedIn ? limited.Token : null), CancellationToken.None));
        Assert.Equal(expected, socket.HttpStatusCode);
    }

    [Fact]
    public async Task WebSocket_UnknownDeviceOrPlainRequest_IsAClearError()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        using var unknown = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Get, "/api/iot/live?device=nobody"));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var plain = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Get, "/api/iot/live?device=pump-1"));
        Assert.Equal(HttpStatusCode.BadRequest, plain.StatusCode);
        Assert.Equal("application/problem+json", plain.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Subscription_ThatDoesNotKeepUp_SkipsTheOldestAndSaysHowMany()
    {
        var hub = new LiveHub();
        using var subscription = hub.Subscribe("org", "");
        for (var number = 0; number < LiveSubscription.Capacity + 25; number++)
            subscription.Offer(new WatchReadingsResponse { Reading = new Reading { Value = number } });

        var first = await subscription.TakeAsync(CancellationToken.None);
        Assert.Equal((25.0, 25L), (first.Reading.Value, first.Skipped));
        Assert.Equal(0, (await subscription.TakeAsync(CancellationToken.None)).Skipped);
    }

    private async Task<ClientWebSocket> OpenAsync(string device, string token)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(Address(device, token), CancellationToken.None);
        return socket;
    }

    private Uri Address(string device, string? token) =>
        new($"ws://127.0.0.1:{fixture.Service.Ports.Http}/api/iot/live?device={device}{(token is null ? "" : $"&access_token={token}")}");

    private static async Task<JsonElement> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal((WebSocketMessageType.Text, true), (received.MessageType, received.EndOfMessage));
        return JsonDocument.Parse(buffer.AsMemory(0, received.Count)).RootElement;
    }
}
