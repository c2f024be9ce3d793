using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// Committed writes until RabbitMQ has confirmed their events: given their positions, read, written as JSON, published, the sink's position moved; against the same bytes published
/// to a queue of the same kind at the same broker, confirmed in batches of the same size, and nothing else. In events a second.
/// </summary>
internal sealed class CdcEvents : IScenario
{
    private const int Events = 20_000;
    private const int BatchSize = 1_000;
    private const int Rounds = 5;
    private const string Exchange = "bench";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string Name => "cdc-events";

    public string Description => "events from commit to confirmed by RabbitMQ against bare publishing of the same bytes";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync("--RabbitMQ:Enabled=true");
        using var client = mesh.PeerClient();
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        var service = mesh.App.GetEndpoint("data", "http");
        await using var database = NpgsqlDataSource.Create(await mesh.App.GetConnectionStringAsync("data-db") ?? throw new InvalidOperationException("No database."));
        var broker = new ConnectionFactory { Uri = new Uri(await mesh.App.GetConnectionStringAsync("rabbitmq") ?? throw new InvalidOperationException("No broker.")) };
        await using var connection = await broker.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true);
        await channel.QueueDeclareAsync(Exchange, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.QueueBindAsync(Exchange, Exchange, "#");

        var (ours, peer) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var elapsed = await WriteAsync(client, service, database);
            var messages = await TakeAsync(connection);
            var bare = await PublishAsync(channel, messages);
            await channel.QueuePurgeAsync(Exchange);

            // The first round is for compilers, pools and caches.
            if (round == 0) continue;
            ours.Add(Events / elapsed.TotalSeconds);
            peer.Add(Events / bare.TotalSeconds);
        }

        return ScenarioResult.OfRates(new Comparison(Median(ours), Median(peer), Median(ours.Zip(peer, static (a, b) => a / b))), 0.5);
    }

    /// <summary>From the answer to the import, or the first event's place in the log where that was sooner, until the sink had noted that all are confirmed.</summary>
    private static async Task<TimeSpan> WriteAsync(HttpClient client, Uri service, NpgsqlDataSource database)
    {
        const string Definition = """
            {"datasetId":"bench-cdc","dataset":{"fields":[{"name":"title","type":"STRING","classification":"PUBLIC","visibleTo":["*"]}],
             "rowRules":[{"roles":["admin"],"actions":["READ","CREATE","UPDATE","DELETE"]}]} }
            """;
        using (var created = await client.PostAsync(new Uri(service, "/api/data/datasets"), new StringContent(Definition, Encoding.UTF8, "application/json"))) created.EnsureSuccessStatusCode();
        var before = await SettledAsync(database);
        var csv = new StringBuilder("title\n");
        for (var i = 0; i < Events; i++) csv.Append(CultureInfo.InvariantCulture, $"The title of the item with the number {i}\n");
        using (var imported = await client.PostAsync(new Uri(service, "/api/data/datasets/bench-cdc:import"), new StringContent(csv.ToString(), Encoding.UTF8, "text/csv")))
        {
            imported.EnsureSuccessStatusCode();
            if ((await imported.Content.ReadFromJsonAsync<JsonObject>())!["importedCount"]!.GetValue<int>() != Events) throw new InvalidOperationException("Wrong answer.");
        }

        var answered = DateTime.UtcNow;
        var after = await SettledAsync(database);
        await using var command = database.CreateCommand("SELECT (SELECT min(at) FROM event_log WHERE position > $1), (SELECT served_at FROM event_sinks), (SELECT count(*) FROM event_log WHERE position > $1)");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.GetInt64(2) != Events || after <= before) throw new InvalidOperationException("Not all events were published.");
        var first = reader.GetDateTime(0);
        var elapsed = reader.GetDateTime(1) - (first < answered ? first : answered);
        using var deleted = await client.DeleteAsync(new Uri(service, "/api/data/datasets/bench-cdc"));
        deleted.EnsureSuccessStatusCode();
        return elapsed;
    }

    /// <summary>Waits until all that is committed was confirmed.</summary>
    private static async Task<long> SettledAsync(NpgsqlDataSource database)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(20))
        {
            await using var command = database.CreateCommand("SELECT k.position FROM event_sinks k, event_state s WHERE k.position = s.position AND NOT EXISTS (SELECT FROM event_queue)");
            if (await command.ExecuteScalarAsync() is long position) return position;
        }

        throw new TimeoutException("The broker does not get its events.");
    }

    /// <summary>Empties the queue of events.</summary>
    private static async Task<List<(string Key, BasicProperties Properties, byte[] Body)>> TakeAsync(IConnection connection)
    {
        await using var channel = await connection.CreateChannelAsync();
        var (messages, all) = (new List<(string, BasicProperties, byte[])>(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            if (delivery.BasicProperties.Type == "aimesh.data.item.created") messages.Add((delivery.RoutingKey, new BasicProperties(delivery.BasicProperties) { Headers = null }, delivery.Body.ToArray()));
            if (messages.Count % BatchSize == 0) await channel.BasicAckAsync(delivery.DeliveryTag, multiple: true);
            if (messages.Count == Events) all.TrySetResult();
        };
        await channel.BasicConsumeAsync("aimesh.events", autoAck: false, consumer);
        await all.Task.WaitAsync(Patience);
        return messages;
    }

    private static async Task<TimeSpan> PublishAsync(IChannel channel, List<(string Key, BasicProperties Properties, byte[] Body)> messages)
    {
        var clock = Stopwatch.StartNew();
        foreach (var batch in messages.Chunk(BatchSize))
            await Task.WhenAll(batch.Select(message => channel.BasicPublishAsync(Exchange, message.Key, mandatory: true, message.Properties, message.Body).AsTask()));
        return clock.Elapsed;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
