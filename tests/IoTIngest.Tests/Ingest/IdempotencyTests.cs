using AiMesh.Iot.V1;

namespace AiMesh.IoTIngest.Tests.Ingest;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class IdempotencyTests(IotFixture fixture)
{
    [Fact]
    public async Task IngestReadings_SameRequestAgain_IsStoredOnceAndAnsweredAlike()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var first = await SendAsync(someone, device.Request("r1", ("t", 1, null), ("bad metric", 2, null)));

        // The answer is the first one's, even where the request is another.
        var second = await SendAsync(someone, device.Request("r1", ("t", 5, null), ("t", 6, null), ("t", 7, null)));
        Assert.False(first.Duplicate);
        Assert.True(second.Duplicate);
        Assert.Equal((1, 1, "r1"), (second.Accepted, second.Rejected.Single().Index, second.RequestId));
        Assert.Equal([1.0], (await someone.ReadAsync()).Select(reading => reading.Value));
        Assert.Equal(1, await fixture.AskAsync<long>("SELECT count(*) FROM dead_letters WHERE organisation = $1", someone.Organisation));
    }

    [Fact]
    public async Task IngestReadings_SameRequestManyTimesAtOnce_IsStoredOnce()
    {
        await using var replica = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        var here = fixture.NewOperator();
        var there = fixture.OperatorOf(here.Organisation, replica);
        var device = await here.CreateDeviceAsync();
        for (var round = 0; round < 10; round++)
        {
            var id = $"r{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => SendAsync(number % 2 == 0 ? here : there, device.Request(id, ("t", round, null)))));
            Assert.Single(answers, answer => !answer.Duplicate);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(round => (double)round), (await here.ReadAsync()).Select(reading => reading.Value).Order());
    }

    [Fact]
    public async Task IngestReadings_SameIdOfAnotherDevice_IsAnotherRequest()
    {
        var someone = fixture.NewOperator();
        var (one, two) = (await someone.CreateDeviceAsync("one"), await someone.CreateDeviceAsync("two"));
        Assert.False((await SendAsync(someone, one.Request("r1", ("t", 1, null)))).Duplicate);
        Assert.False((await SendAsync(someone, two.Request("r1", ("t", 1, null)))).Duplicate);
    }

    [Fact]
    public async Task IngestReadings_WithoutId_IsStoredAlways()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        for (var time = 0; time < 3; time++)
            Assert.False((await SendAsync(someone, device.Request("", ("t", 1, null)))).Duplicate);
        Assert.Equal(3, (await someone.ReadAsync()).Count);
    }

    [Fact]
    public async Task IngestReadings_SameIdAfterADay_IsANewRequest()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await SendAsync(someone, device.Request("r1", ("t", 1, null)));
        await fixture.AskAsync<int>("UPDATE ingest_requests r SET created_at = now() - interval '25 hours' FROM devices d WHERE d.number = r.device AND d.organisation = $1 RETURNING 1", someone.Organisation);
        Assert.False((await SendAsync(someone, device.Request("r1", ("t", 2, null)))).Duplicate);
        Assert.True((await SendAsync(someone, device.Request("r1", ("t", 3, null)))).Duplicate);
        Assert.Equal(2, (await someone.ReadAsync()).Count);
    }

    private static async Task<IngestReadingsResponse> SendAsync(Operator someone, IngestReadingsRequest request) =>
        await someone.Ingest.IngestReadingsAsync(request, someone.Headers);
}
