using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events.Broker;

/// <summary>What the sink does while the broker says nothing, refuses, or is not there.</summary>
[Collection(BrokerTests.Name)]
[Trait("Level", "Server")]
public sealed class OutageTests(BrokerFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Publish_WhileTheBrokerDoesNotConfirm_KeepsItsPosition()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var line = new FaultyProxy { TargetPort = fixture.Broker.Port };
        var address = new UriBuilder(fixture.Broker.ConnectionString) { Port = line.Port }.Uri.ToString();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, [.. fixture.Settings("silent", address), "Events:RabbitMQ:ConfirmTimeout=00:00:02"]);
        await BrokerFixture.ServedAsync(database);
        var admin = await fixture.DefineAsync(service, "films");
        await Eventually.HoldsAsync(async () => await PositionAsync(database) == 1, Patience);

        // The channel stands; what is sent from now on arrives nowhere, and nobody says so.
        line.Line = Line.Silent;
        await BrokerFixture.ImportAsync(admin, "films", 0, 10);
        await Eventually.HoldsAsync(async () => await PositionAsync(database) != 1 || await BrokerFixture.IsAsync(service, "Degraded"), Patience);
        Assert.Equal(1, await PositionAsync(database));

        line.Line = Line.Whole;
        await using var consumer = await fixture.ConsumerAsync(database, "silent");
        var told = new List<string>();
        for (var i = 0; i < 11; i++) told.Add((await consumer.TakeAsync()).ToString());
        Assert.Equal(["defined", .. Enumerable.Range(0, 10).Select(static i => FormattableString.Invariant($"created i{i}"))], told.Order(StringComparer.Ordinal).OrderBy(static change => change != "defined"));
    }

    [Fact]
    public async Task Publish_OfWhatWasConfirmedAndNotNoted_SendsItOnceMoreUnderTheSameIds()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, fixture.Authority, fixture.Settings("again"));
        await BrokerFixture.ServedAsync(database);
        var admin = await fixture.DefineAsync(service, "films");
        await BrokerFixture.ImportAsync(admin, "films", 0, 10);
        await using var consumer = await fixture.ConsumerAsync(database, "again");
        var first = await TakeAsync(consumer, 11);

        // What a process leaves that ends between the broker's confirmation and its own note.
        await BrokerFixture.AskAsync<long>(database, "WITH u AS (UPDATE event_sinks SET position = 0 RETURNING 1) SELECT count(*) FROM u");
        Assert.Equal(first, await TakeAsync(consumer, 11));
        Assert.Equal(11, first.Distinct().Count());
    }

    [Fact]
    public async Task Publish_ToABrokerThatHangsUp_IsTriedAgainByTheClockAndNotByEvents()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        using var stopping = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var attempts = 0;
        var accepting = AcceptAsync();
        await using (var service = await DataServiceHost.StartAsync(
            database.ConnectionString, fixture.Authority, fixture.Settings("hangs-up", $"amqp://test:test@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")))
        {
            await BrokerFixture.ServedAsync(database);
            var admin = await fixture.DefineAsync(service, "films");
            await Eventually.HoldsAsync(() => Volatile.Read(ref attempts) > 0);
            var (before, clock) = (Volatile.Read(ref attempts), Stopwatch.StartNew());
            for (var i = 0; i < 100; i++) await admin.CreateAsync("films", Fields(("title", "t")), FormattableString.Invariant($"i{i}"));

            // Half of the interval is the shortest pause.
            var most = 2 + (int)(clock.Elapsed / TimeSpan.FromMilliseconds(250));
            Assert.InRange(Volatile.Read(ref attempts) - before, 0, most);
        }

        await stopping.CancelAsync();
        await accepting;

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await listener.AcceptSocketAsync(stopping.Token);
                    Interlocked.Increment(ref attempts);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has ended.
            }
        }
    }

    [Fact]
    public async Task Outage_TellsNobodyThePassword()
    {
        const string Password = "a-password-that-is-wrong";
        await using var database = await PostgresServer.CreateDatabaseAsync();
        var logs = new LogLines();
        var address = new UriBuilder(fixture.Broker.ConnectionString) { Password = Password }.Uri.ToString();
        await using var service = await DataServiceHost.StartAsync(
            database.ConnectionString, fixture.Authority, services => services.AddSingleton<ILoggerProvider>(logs), [.. fixture.Settings("wrong", address), "Logging:LogLevel:Default=Trace"]);
        await BrokerFixture.ServedAsync(database);
        await fixture.DefineAsync(service, "films");
        await Eventually.HoldsAsync(() => BrokerFixture.IsAsync(service, "Degraded"), Patience);

        using var client = new HttpClient { BaseAddress = service.HttpAddress };
        Assert.Contains("Publishing events to RabbitMQ does not succeed now", logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, await client.GetStringAsync("/health"), StringComparison.Ordinal);
    }

    private static async Task<List<string>> TakeAsync(BusConsumer consumer, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++) ids.Add((await consumer.TakeAsync()).Id);
        return ids;
    }

    private static Task<long> PositionAsync(PostgresDatabase database) => BrokerFixture.AskAsync<long>(database, "SELECT position FROM event_sinks");
}
