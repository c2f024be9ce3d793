using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Ingest;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class IngestReadingsTests(IotFixture fixture)
{
    [Fact]
    public async Task IngestReadings_OverHttpWithADeviceCredential_StoresTheGoodAndNamesTheBad()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var now = DateTime.UtcNow;
        var json = $$"""
            {"deviceId":"pump-1","requestId":"r1","readings":[
              {"metric":"temperature","value":21.5,"time":"{{now.AddMinutes(-1):O}}"},
              {"metric":"bad metric","value":1},
              {"metric":"vibration","value":"NaN"},
              {"metric":"vibration","value":0.3,"time":"{{now.AddMinutes(6):O}}"},
              {"metric":"vibration","value":0.3,"time":"{{now.AddDays(-31):O}}"},
              {"metric":"vibration","value":0.25}]}
            """;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/iot/ingest") { Content = new StringContent(json, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Device", device.Credential);
        using var response = await fixture.Service.Http.SendAsync(request);

        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.True(response.StatusCode == HttpStatusCode.OK, body.ToString());
        Assert.Equal(2, body.GetProperty("accepted").GetInt32());
        Assert.Equal("r1", body.GetProperty("requestId").GetString());
        var rejected = body.GetProperty("rejected").EnumerateArray().Select(one => (one.GetProperty("index").GetInt32(), one.GetProperty("field").GetString())).ToArray();
        Assert.Equal([(1, "metric"), (2, "value"), (3, "time"), (4, "time")], rejected);
        Assert.All(body.GetProperty("rejected").EnumerateArray(), one => Assert.NotEmpty(one.GetProperty("reason").GetString()!));

        var stored = await someone.ReadAsync();
        Assert.Equal([("vibration", 0.25), ("temperature", 21.5)], stored.Select(reading => (reading.Metric, reading.Value)));
        Assert.Equal(now.AddMinutes(-1).Ticks / 10, stored[1].Time.ToDateTime().Ticks / 10);

        var letter = await fixture.AskAsync<string>("SELECT reason || ' | ' || payload FROM dead_letters WHERE organisation = $1 AND device = 'pump-1' AND source = 'rpc'", someone.Organisation);
        Assert.Contains("readings[1].metric", letter);
        Assert.Contains("bad metric", letter);
        Assert.DoesNotContain("temperature", letter);
    }

    [Fact]
    public async Task IngestReadings_AsAPersonWithThePermission_IsStored()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var limited = fixture.OperatorOf(someone.Organisation, permissions: ["iot:ingest:pump-1"]);
        Assert.Equal(1, (await limited.Ingest.IngestReadingsAsync(device.Request("", ("t", 1, null)), limited.Headers)).Accepted);

        await someone.CreateDeviceAsync("pump-2");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await limited.Ingest.IngestReadingsAsync((device with { Id = "pump-2" }).Request("", ("t", 1, null)), limited.Headers));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Fact]
    public async Task IngestReadings_DeviceForAnother_IsDenied()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.CreateDeviceAsync("pump-2");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Ingest.IngestReadingsAsync((device with { Id = "pump-2" }).Request("", ("t", 1, null)), device.Headers));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
        Assert.Empty(await someone.ReadAsync("pump-2"));
    }

    [Fact]
    public async Task ListReadings_AsADevice_IsDenied()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Readings.ListReadingsAsync(new ListReadingsRequest { Device = "pump-1" }, device.Headers));
        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Theory]
    [InlineData("amd_nonsense")]
    [InlineData("")]
    public async Task IngestReadings_WrongCredential_IsUnauthenticated(string credential)
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await AssertRefusedAsync(someone, device with { Credential = credential });
    }

    [Fact]
    public async Task IngestReadings_CredentialOfAnotherSecret_IsUnauthenticated()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await AssertRefusedAsync(someone, device with { Credential = AiMesh.IoTIngest.Credentials.DeviceCredential.Create(someone.Organisation).Text });

        // The right id with another secret and a right checksum: only the comparison of the hash is in the way.
        var hash = await fixture.AskAsync<byte[]>("UPDATE devices SET credential_hash = sha256(credential_hash) WHERE organisation = $1 RETURNING credential_hash", someone.Organisation);
        Assert.Equal(32, hash.Length);
        await Task.Delay(500);
        await AssertRefusedAsync(someone, device);
    }

    [Theory]
    [InlineData("""{"deviceId":"pump-1","readings":[]}""", "readings")]
    [InlineData("""{"deviceId":"pump-1"}""", "readings")]
    [InlineData("""{"deviceId":"","readings":[{"metric":"t","value":1}]}""", "device_id")]
    [InlineData("""{"deviceId":"pump-1","requestId":"12345678901234567890123456789012345678901234567890123456789012345","readings":[{"metric":"t","value":1}]}""", "request_id")]
    [InlineData("""{"deviceId":"pump-1","requestId":"a\u0000","readings":[{"metric":"t","value":1}]}""", "request_id")]
    [InlineData("""{"deviceId":"pump-1","readings":[{"metric":"t","value":"warm"}]}""", "value")]
    [InlineData("""{"deviceId":"pump-1","readings":[{"metric":"t","value":1,"time":"yesterday"}]}""", "time")]
    [InlineData("""{"deviceId":"pump-1","readings":[{"metric":"t","value":1,"colour":"red"}]}""", "colour")]
    [InlineData("""{"deviceId":"pump-1","readings":{}}""", "")]
    [InlineData("""{"deviceId":""", "")]
    [InlineData("", "")]
    public async Task IngestReadings_WrongBody_IsAClearBadRequest(string json, string named)
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        using var response = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Post, "/api/iot/ingest", json));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{response.StatusCode} {text}");
        Assert.Contains(named, text);
        Assert.DoesNotContain(" at AiMesh", text);
        Assert.Empty(await someone.ReadAsync());
    }

    [Fact]
    public async Task IngestReadings_TooMany_IsInvalid()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        Assert.Equal(5_000, (await someone.Ingest.IngestReadingsAsync(device.Request("", Enumerable.Repeat(("t", 1.0, (DateTime?)null), 5_000)), device.Headers)).Accepted);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Ingest.IngestReadingsAsync(device.Request("", Enumerable.Repeat(("t", 1.0, (DateTime?)null), 5_001)), device.Headers));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public async Task IngestReadings_ImpossibleTimestamp_IsRejectedByName()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var request = new IngestReadingsRequest
        {
            DeviceId = "pump-1",
            Readings = { Timed(long.MaxValue, 0), Timed(long.MinValue, 0), Timed(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), -1), Timed(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), 1_000_000_000) },
        };
        var response = await someone.Ingest.IngestReadingsAsync(request, device.Headers);
        Assert.Equal((0, 4), (response.Accepted, response.Rejected.Count));
        Assert.All(response.Rejected, rejection => Assert.Equal("time", rejection.Field));

        static Reading Timed(long seconds, int nanos) => new() { Metric = "t", Value = 1, Time = new Timestamp { Seconds = seconds, Nanos = nanos } };
    }

    [Fact]
    public async Task IngestReadings_MoreMetricsThanADeviceMayHave_RejectsTheRest()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var response = await someone.Ingest.IngestReadingsAsync(device.Request("", Enumerable.Range(0, 203).Select(number => ($"m{number}", 1.0, (DateTime?)null))), device.Headers);
        Assert.Equal((200, 3), (response.Accepted, response.Rejected.Count));
        Assert.All(response.Rejected, rejection => Assert.Equal("metric", rejection.Field));
        Assert.Equal(200, await fixture.AskAsync<long>("SELECT count(*) FROM series s JOIN organisations o ON o.key = s.organisation WHERE o.id = $1", someone.Organisation));
    }

    private static async Task AssertRefusedAsync(Operator someone, TestDevice device)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Ingest.IngestReadingsAsync(device.Request("", ("t", 1, null)), device.Headers));
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.Empty(await someone.ReadAsync());
    }
}
