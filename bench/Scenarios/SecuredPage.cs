using System.Text.Json;
using AiMesh.Bench.Servers;
using Aspire.Hosting.Testing;
using Npgsql;

namespace AiMesh.Bench.Scenarios;

/// <summary>50 rows over REST with token, permission, row rules twice (WHERE and RLS), field visibility and audit, over mutual TLS, against none of it.</summary>
internal sealed class SecuredPage : IScenario
{
    public string Name => "secured-page";

    public string Description => "50-row page of DataService against hand-written Npgsql and minimal API without policy";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        var connectionString = await mesh.App.GetConnectionStringAsync("data-db") ?? throw new InvalidOperationException("No database.");
        await using var bare = await ServerProcess.StartAsync("page-bare", connectionString, await MoviesTableAsync(connectionString));
        using var client = mesh.PeerClient();
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");

        using var bareClient = new HttpClient();
        bareClient.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;

        var ours = new Uri(mesh.App.GetEndpoint("data", "http"), "/api/data/datasets/movies/items?pageSize=50");
        return ScenarioResult.OfRates(await Comparison.RunAsync(Get(client, ours), Get(bareClient, new Uri(bare.Address, "/items"))), 0.6);

        static Func<Task> Get(HttpClient client, Uri address) => async () =>
        {
            using var page = JsonDocument.Parse(await client.GetByteArrayAsync(address));
            if (page.RootElement.GetProperty("items").GetArrayLength() != 50)
                throw new InvalidOperationException("Wrong answer.");
        };
    }

    /// <summary>The physical table of the dataset: the one with as many rows as the demo's films.</summary>
    private static async Task<string> MoviesTableAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("""
            SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'fields'
            WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            ORDER BY pg_relation_size(c.oid) DESC LIMIT 1
            """);
        return (string)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException("DataService holds no items."));
    }
}
