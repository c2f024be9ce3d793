using AiMesh.Testing;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events.Broker;

[Collection(BrokerTests.Name)]
[Trait("Level", "Server")]
public sealed class SinkTests(BrokerFixture fixture)
{
    [Fact]
    public async Task Publish_ByTwoReplicas_SendsEachEventOnceInOrderAndNothingOfItsFields()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var first = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, fixture.Settings("two"));
        await using var second = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, fixture.Settings("two"));
        await BrokerFixture.ServedAsync(database);
        var admin = await fixture.DefineAsync(first, "films");
        for (var i = 0; i < 5; i++) await BrokerFixture.ImportAsync(admin, "films", i * 40, 40);
        await admin.UpdateAsync("films", "i7", Fields(("title", "also confidential")));
        await admin.DeleteAsync("films", "i7");

        await using var consumer = await fixture.ConsumerAsync(database, "two");
        var told = new List<Delivery>();
        for (var i = 0; i < 1 + 200 + 2; i++) told.Add(await consumer.TakeAsync());

        string[] expected = ["defined", .. Enumerable.Range(0, 200).Select(static i => FormattableString.Invariant($"created i{i}")), "updated i7", "deleted i7"];
        Assert.Equal(expected.Order(), told.Select(static delivery => delivery.ToString()).Order());
        Assert.Equal(told.OrderBy(static delivery => delivery.Position), told);
        Assert.Equal(["updated i7", "deleted i7"], told.TakeLast(2).Select(static delivery => delivery.ToString()));
        Assert.Equal(told.Count, told.Select(static delivery => delivery.Id).Distinct().Count());
        Assert.All(told, static delivery => Assert.True(delivery.Persistent));
        Assert.All(told, static delivery => Assert.DoesNotContain("confidential", delivery.Body.GetRawText(), StringComparison.Ordinal));
        Assert.Equal("demo.films.deleted", told[^1].RoutingKey);
        Assert.Equal("aimesh.data.item.deleted", told[^1].Type);
        Assert.Equal(told[^1].Id, told[^1].Body.GetProperty("id").GetString());
        Assert.Equal("/organisations/demo/datasets/films", told[^1].Body.GetProperty("source").GetString());
    }

    [Fact]
    public async Task Consumer_ThatRefusesAMessage_FindsItAmongTheDeadLetters()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, fixture.Settings("refused"));
        await BrokerFixture.ServedAsync(database);
        await fixture.DefineAsync(service, "films");

        await using var consumer = await fixture.ConsumerAsync(database, "refused");
        var refused = await consumer.RefuseAsync();
        await using var letters = await fixture.ConsumerAsync(database, "refused.dead");
        Assert.Equal(refused.Id, (await letters.TakeAsync()).Id);
    }

    [Fact]
    public async Task Consumer_ThatGivesAMessageBackTooOften_FindsItAmongTheDeadLetters()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, [.. fixture.Settings("returned"), "Events:RabbitMQ:DeliveryLimit=2"]);
        await BrokerFixture.ServedAsync(database);
        await fixture.DefineAsync(service, "films");

        await using var consumer = await fixture.ConsumerAsync(database, "returned");
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add((await consumer.ReturnAsync()).Id);
        await using var letters = await fixture.ConsumerAsync(database, "returned.dead");
        Assert.Equal([(await letters.TakeAsync()).Id], ids.Distinct());
    }

    [Fact]
    public async Task Broker_ThatIsAway_IsWaitedForUpToTheBoundAndConsumersAreToldWhatIsMissing()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var line = new FaultyProxy { TargetPort = fixture.Broker.Port };
        var address = new UriBuilder(fixture.Broker.ConnectionString) { Port = line.Port }.Uri.ToString();
        await using (var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, fixture.Settings("away", address)))
        {
            await BrokerFixture.ServedAsync(database);
            line.Line = Line.Cut;
            var admin = await fixture.DefineAsync(service, "films");
            await BrokerFixture.ImportAsync(admin, "films", 0, 299);
            await Eventually.HoldsAsync(() => BrokerFixture.IsAsync(service, "Degraded"), TimeSpan.FromSeconds(60));

            // Neither age nor number removes what the broker has not got; the bound does.
            await Eventually.HoldsAsync(async () => await BrokerFixture.AskAsync<long>(database, "SELECT count(*) FROM event_log") == 300);
            Assert.Equal(0L, await BrokerFixture.AskAsync<long>(database, "SELECT trim_events(interval '1 hour', 0, 1000)"));
            Assert.Equal(200L, await BrokerFixture.AskAsync<long>(database, "SELECT trim_events(interval '1 hour', 0, 100)"));
            line.Line = Line.Whole;
            await using var consumer = await fixture.ConsumerAsync(database, "away");
            var told = new List<string>();
            for (var i = 0; i < 1 + 100; i++) told.Add((await consumer.TakeAsync()).ToString());
            Assert.Equal("missed 200", told[0]);
            Assert.All(told.Skip(1), static change => Assert.StartsWith("created i", change, StringComparison.Ordinal));
            Assert.Equal(101, told.Distinct().Count());
            await Eventually.HoldsAsync(() => BrokerFixture.IsAsync(service, "Healthy"), TimeSpan.FromSeconds(60));
        }

        // A sink that nobody has any more holds nothing back.
        await BrokerFixture.AskAsync<long>(database, "WITH u AS (UPDATE event_sinks SET position = 0, served_at = now() - interval '2 hours' RETURNING 1) SELECT count(*) FROM u");
        Assert.Equal(100L, await BrokerFixture.AskAsync<long>(database, "SELECT trim_events(interval '1 hour', 0, 1000)"));
    }

    [Fact]
    public async Task Start_WithAnAddressThatIsNone_Fails()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, "ConnectionStrings:rabbitmq=localhost:5672"));
    }
}
