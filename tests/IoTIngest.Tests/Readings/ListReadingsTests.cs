using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Readings;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class ListReadingsTests(IotFixture fixture)
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(1_000)]
    public async Task ListReadings_InPages_GivesEachReadingOnceNewestFirst(int pageSize)
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var midnight = DateTime.UtcNow.Date.AddDays(-2);

        // Over a border of days, several metrics, and every fifth time three readings of one series.
        var readings = Enumerable.Range(0, 50).SelectMany(number => Enumerable.Repeat(midnight.AddMinutes(number - 25), number % 5 == 0 ? 3 : 1)
            .Select((time, copy) => (Metric: number % 2 == 0 || copy == 2 ? "a" : "b", Value: (number * 10.0) + copy, Time: (DateTime?)time))).ToList();
        await someone.Ingest.IngestReadingsAsync(device.Request("", readings), device.Headers);

        List<Reading> seen = [];
        var request = new ListReadingsRequest { Device = "pump-1", PageSize = pageSize, StartTime = Timestamp.FromDateTime(midnight.AddHours(-1)), EndTime = Timestamp.FromDateTime(midnight.AddHours(1)) };
        do
        {
            var page = await someone.Readings.ListReadingsAsync(request, someone.Headers);
            Assert.InRange(page.Readings.Count, 1, pageSize);
            seen.AddRange(page.Readings);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(readings.Select(reading => reading.Value).Order(), seen.Select(reading => reading.Value).Order());
        Assert.Equal(seen.Select(reading => reading.Time.ToDateTime()).OrderDescending(), seen.Select(reading => reading.Time.ToDateTime()));
    }

    [Fact]
    public async Task ListReadings_Filters_AreHeldTo()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var now = DateTime.UtcNow;
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("a", 1, now.AddHours(-25)), ("a", 2, now.AddHours(-2)), ("a", 3, now.AddHours(-1)), ("b", 4, now.AddHours(-1))), device.Headers);

        Assert.Equal([2.0, 3, 4], await ValuesAsync(someone, new ListReadingsRequest { Device = "pump-1" }));
        Assert.Equal([2.0, 3], await ValuesAsync(someone, new ListReadingsRequest { Device = "pump-1", Metric = "a" }));
        Assert.Empty(await ValuesAsync(someone, new ListReadingsRequest { Device = "pump-1", Metric = "none" }));
        var exact = Timestamp.FromDateTime(now.AddHours(-2));
        exact.Nanos = exact.Nanos / 1000 * 1000;
        Assert.Equal([2.0], await ValuesAsync(someone, new ListReadingsRequest { Device = "pump-1", StartTime = exact, EndTime = Timestamp.FromDateTime(now.AddHours(-1.5)) }));
        Assert.Equal([1.0], await ValuesAsync(someone, new ListReadingsRequest { Device = "pump-1", EndTime = exact }));
    }

    [Fact]
    public async Task ListReadings_OverHttp_HasTheNamesOfTheContract()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("a", 1, null), ("a", 2, null)), device.Headers);
        using var response = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Get, "/api/iot/devices/pump-1/readings?pageSize=1&metric=a"));
        var body = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var reading = Assert.Single(body.GetProperty("readings").EnumerateArray());
        Assert.Equal("a", reading.GetProperty("metric").GetString());
        Assert.EndsWith("Z", reading.GetProperty("time").GetString());
        Assert.NotEmpty(body.GetProperty("nextPageToken").GetString()!);
    }

    [Fact]
    public async Task ListReadings_TokenOfOtherFilters_IsRefused()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.Ingest.IngestReadingsAsync(device.Request("", ("a", 1, null), ("a", 2, null)), device.Headers);
        var token = (await someone.Readings.ListReadingsAsync(new ListReadingsRequest { Device = "pump-1", PageSize = 1 }, someone.Headers)).NextPageToken;
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", PageSize = 1, Metric = "a", PageToken = token }, "page_token");

        var stranger = fixture.NewOperator();
        await stranger.CreateDeviceAsync();
        await AssertInvalidAsync(stranger, new ListReadingsRequest { Device = "pump-1", PageSize = 1, PageToken = token }, "page_token");
    }

    [Fact]
    public async Task ListReadings_Wrong_NamesTheField()
    {
        var someone = fixture.NewOperator();
        await someone.CreateDeviceAsync();
        var moment = Timestamp.FromDateTime(DateTime.UtcNow);
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", PageSize = 10_001 }, "page_size");
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", StartTime = moment, EndTime = moment }, "start_time");
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", StartTime = new Timestamp { Seconds = long.MaxValue } }, "start_time");
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", EndTime = new Timestamp { Nanos = -1 } }, "end_time");
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", Metric = "a\0" }, "metric");
        await AssertInvalidAsync(someone, new ListReadingsRequest { Device = "pump-1", PageToken = "***" }, "page_token");
    }

    private static async Task<IEnumerable<double>> ValuesAsync(Operator someone, ListReadingsRequest request) =>
        (await someone.Readings.ListReadingsAsync(request, someone.Headers)).Readings.Select(reading => reading.Value).Order();

    private static async Task AssertInvalidAsync(Operator someone, ListReadingsRequest request, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Readings.ListReadingsAsync(request, someone.Headers));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(field, error.Status.Detail);
    }
}
