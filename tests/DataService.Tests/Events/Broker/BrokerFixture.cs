using System.Net;
using AiMesh.Data.V1;
using AiMesh.Testing;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Events.Broker;

/// <summary>One broker, for tests that run one after the other. Each has a database, an exchange and a queue of its own.</summary>
public sealed class BrokerFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    internal RabbitMqServer Broker { get; private set; } = null!;

    internal TestAuthority Authority { get; private set; } = null!;

    public async Task InitializeAsync() => (Broker, Authority) = (await RabbitMqServer.StartNewAsync(), await TestAuthority.StartAsync());

    public async Task DisposeAsync()
    {
        await Authority.DisposeAsync();
        await Broker.DisposeAsync();
    }

    /// <summary>What a service needs to publish to an exchange and a queue of a name.</summary>
    internal string[] Settings(string name, string? address = null) =>
        [$"ConnectionStrings:rabbitmq={address ?? Broker.ConnectionString}", $"Events:RabbitMQ:Exchange={name}", $"Events:RabbitMQ:Queue={name}"];

    internal async Task<Caller> DefineAsync(DataServiceHost service, string dataset)
    {
        var admin = new Caller(service, Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");
        await admin.DefineAsync(dataset, Dataset([Field("title")], Admins));
        return admin;
    }

    internal static Task ImportAsync(Caller admin, string dataset, int first, int count) => admin.ImportAsync(new ImportItemsRequest
    {
        Dataset = dataset,
        Csv = $"id,title\n{string.Concat(Enumerable.Range(first, count).Select(static i => FormattableString.Invariant($"i{i},confidential\n")))}",
        IdField = "id",
    });

    /// <summary>Waits until the sink has a place in the log; what happens from then on is published.</summary>
    internal static Task ServedAsync(PostgresDatabase database) => Eventually.HoldsAsync(async () => await AskAsync<long>(database, "SELECT count(*) FROM event_sinks") == 1, Patience);

    /// <summary>Waits until all that is committed was confirmed, so that there is a queue with all of it, and consumes that.</summary>
    internal async Task<BusConsumer> ConsumerAsync(PostgresDatabase database, string queue)
    {
        await Eventually.HoldsAsync(
            async () => await AskAsync<bool>(database, "SELECT k.position = s.position AND s.position > 0 AND k.missed = 0 AND NOT EXISTS (SELECT FROM event_queue) FROM event_sinks k, event_state s"), Patience);
        return await BusConsumer.StartAsync(Broker, queue);
    }

    /// <summary>Whether the service's health says this of the broker; it is served in any case.</summary>
    internal static async Task<bool> IsAsync(DataServiceHost service, string status)
    {
        using var client = new HttpClient { BaseAddress = service.HttpAddress };
        using var response = await client.GetAsync("/health");
        return response.StatusCode == HttpStatusCode.OK && (await response.Content.ReadAsStringAsync()).Contains($$"""broker":{"status":"{{status}}""", StringComparison.Ordinal);
    }

    internal static async Task<T> AskAsync<T>(PostgresDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}

[CollectionDefinition(Name)]
public sealed class BrokerTests : ICollectionFixture<BrokerFixture>
{
    public const string Name = "Broker";
}
