using System.Diagnostics;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Tests.Mqtt;
using AiMesh.IoTIngest.Tests.Mqtt.Protocol;
using Grpc.Core;
using Npgsql;

namespace AiMesh.IoTIngest.Tests.Ingest;

/// <summary>With a table that is locked, nothing can be written: callers wait, then are told, and nothing is lost (T3).</summary>
[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class BackPressureTests(IotFixture fixture)
{
    [Fact]
    public async Task IngestReadings_StoreHangs_WaitsThenRefusesAndRecovers()
    {
        // Room for 10,000: with two requests of 5,000 stuck, further ones wait.
        await using var service = await IotServiceHost.StartAsync(
            fixture.Database.ConnectionString, fixture.Authority, "Ingest:QueuedReadings=10000", "Ingest:LongestWait=00:00:01", "Ingest:Writers=1");
        var someone = fixture.NewOperator(service);
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device, 1);

        List<Task<IngestReadingsResponse>> stuck;
        await using (await LockAsync())
        {
            stuck = [SendAsync(someone, device, 5_000), SendAsync(someone, device, 5_000)];
            await Task.Delay(300);
            var started = Stopwatch.GetTimestamp();
            var error = await Assert.ThrowsAsync<RpcException>(() => SendAsync(someone, device, 1));
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
            Assert.DoesNotContain(stuck, sent => sent.IsCompleted);
        }

        Assert.All(await Task.WhenAll(stuck), answer => Assert.Equal(5_000, answer.Accepted));
        Assert.Equal(1, (await SendAsync(someone, device, 1)).Accepted);
        Assert.Equal(10_002, await fixture.AskAsync<long>("SELECT count(*) FROM readings r JOIN organisations o ON o.key = r.organisation WHERE o.id = $1", someone.Organisation));
    }

    [Fact]
    public async Task IngestReadings_StoreHangsForAMoment_OnlyWaits()
    {
        await using var service = await IotServiceHost.StartAsync(
            fixture.Database.ConnectionString, fixture.Authority, "Ingest:QueuedReadings=10000", "Ingest:LongestWait=00:00:30", "Ingest:Writers=1");
        var someone = fixture.NewOperator(service);
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device, 1);
        List<Task<IngestReadingsResponse>> sent;
        await using (await LockAsync())
        {
            sent = [.. Enumerable.Range(0, 4).Select(_ => SendAsync(someone, device, 4_000))];
            await Task.Delay(500);
            Assert.DoesNotContain(sent, one => one.IsCompleted);
        }

        Assert.All(await Task.WhenAll(sent), answer => Assert.Equal(4_000, answer.Accepted));
    }

    [Fact]
    public async Task MqttPublish_StoreHangs_IsNotAcknowledgedAndTheConnectionEnds()
    {
        await using var service = await IotServiceHost.StartAsync(
            fixture.Database.ConnectionString, fixture.Authority, "Ingest:QueuedReadings=10000", "Ingest:LongestWait=00:00:01", "Ingest:Writers=1");
        var someone = fixture.NewOperator(service);
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device, 1);
        await using var client = await RawMqttClient.ConnectAsync(service.Ports.Mqtt, device);
        await using (await LockAsync())
        {
            var stuck = new[] { SendAsync(someone, device, 5_000), SendAsync(someone, device, 5_000) };
            await Task.Delay(300);
            await client.SendAsync(Packets.Publish("devices/pump-1/readings", """{"metric":"lost","value":1}""", 0x02, 1));
            Assert.True(await client.IsClosedAsync());
            Assert.DoesNotContain(stuck, sent => sent.IsCompleted);
        }
    }

    private static async Task<IngestReadingsResponse> SendAsync(Operator someone, TestDevice device, int readings) =>
        await someone.Ingest.IngestReadingsAsync(device.Request("", Enumerable.Repeat(("t", 1.0, (DateTime?)null), readings)), device.Headers);

    /// <summary>Keeps everybody from writing readings until disposed.</summary>
    private async Task<NpgsqlConnection> LockAsync()
    {
        var connection = new NpgsqlConnection(fixture.Database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE readings IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
