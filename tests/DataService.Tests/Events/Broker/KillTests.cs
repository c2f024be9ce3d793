using AiMesh.Testing;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events.Broker;

/// <summary>kill -9 of the service and of the broker, each in the middle of a stream of events.</summary>
[Collection(BrokerTests.Name)]
[Trait("Level", "Server")]
public sealed class KillTests(BrokerFixture fixture)
{
    private const int Rows = 2_000;
    private const int Step = 50;

    [Fact]
    public async Task Publish_AcrossKillsOfServiceAndBroker_TellsAnIdempotentConsumerEachEventOnce()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();

        // Small batches, so that a kill is between two of them or within one.
        string[] settings = [.. fixture.Settings("kill"), "Events:RabbitMQ:BatchSize=20"];
        await using var publisher = await DataServiceProcess.StartAsync(database.ConnectionString, fixture.Authority, settings);
        await BrokerFixture.ServedAsync(database);
        await Eventually.HoldsAsync(async () => await HoldersAsync(database) == 1, TimeSpan.FromSeconds(60));
        await using var other = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, settings);
        var admin = await fixture.DefineAsync(other, "films");

        // Rows go on coming while the one that publishes is killed, then the broker.
        var written = 0;
        var writing = WriteAsync(Rows / 2);
        await PassAsync(database, 200);
        publisher.Kill();
        await PassAsync(database, 700);
        await writing;
        writing = WriteAsync(Rows);
        await PassAsync(database, 1_100);
        await fixture.Broker.KillAsync();
        await fixture.Broker.StartAsync();
        await writing;
        await admin.UpdateAsync("films", "i0", Fields(("title", "t")));
        await admin.DeleteAsync("films", "i0");

        await using var consumer = await fixture.ConsumerAsync(database, "kill");
        var (seen, told) = (new HashSet<string>(), new List<Delivery>());
        while (told.Count == 0 || told[^1].ToString() != "deleted i0")
        {
            var delivery = await consumer.TakeAsync();
            if (seen.Add(delivery.Id)) told.Add(delivery);
        }

        string[] expected = ["defined", .. Enumerable.Range(0, Rows).Select(static i => FormattableString.Invariant($"created i{i}")), "updated i0", "deleted i0"];
        Assert.Equal(expected.Order(), told.Select(static delivery => delivery.ToString()).Order());
        Assert.Equal(told.OrderBy(static delivery => delivery.Position), told);

        async Task WriteAsync(int until)
        {
            for (; written < until; written += Step) await BrokerFixture.ImportAsync(admin, "films", written, Step);
        }
    }

    private static Task<TimeSpan> PassAsync(PostgresDatabase database, long position) =>
        Eventually.HoldsAsync(async () => await BrokerFixture.AskAsync<long>(database, "SELECT position FROM event_sinks") >= position, TimeSpan.FromMinutes(2));

    private static Task<long> HoldersAsync(PostgresDatabase database) => BrokerFixture.AskAsync<long>(
        database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid::bigint << 32 | objid::bigint) = hashtextextended('aimesh event sink rabbitmq', 0)");
}
