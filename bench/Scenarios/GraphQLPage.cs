using System.Net.Http.Json;
using System.Text.Json;
using AiMesh.Testing;
using Aspire.Hosting.Testing;
using Npgsql;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// The first 50 rows that a filter admits, of one table, under the same row-level security. Ours over REST with mutual TLS, token, permission, row rules in WHERE
/// as well, field visibility and audit; PostGraphile over plain HTTP as the same database role with the caller's settings fixed, and with its plugin for filters.
/// </summary>
internal sealed class GraphQLPage : IScenario
{
    private const string Rating = "R";

    public string Name => "graphql-page";

    public string Description => "50-row page with a filter, with every guard, against PostGraphile under row-level security alone";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        var connectionString = await mesh.App.GetConnectionStringAsync("data-db") ?? throw new InvalidOperationException("No database.");
        var (role, organisation, table) = await MoviesAsync(connectionString);
        await using var postGraphile = await PostGraphileServer.StartAsync(connectionString, "items", new Dictionary<string, string>
        {
            ["role"] = role,
            ["aimesh.organisation"] = organisation,
            ["aimesh.user"] = "bench",
            ["aimesh.roles"] = "[\"admin\"]",
            ["aimesh.attributes"] = "{}",
        });
        using var client = mesh.PeerClient();
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        using var peer = new HttpClient();

        var ours = new Uri(mesh.App.GetEndpoint("data", "http"), $"/api/data/datasets/movies/items?pageSize=50&filter={Uri.EscapeDataString($"mpaa_rating = \"{Rating}\"")}");
        var theirs = new { query = $$"""{ page: {{await FieldAsync(peer, postGraphile.Address, table)}}(first: 50, filter: { fields: { contains: { mpaa_rating: "{{Rating}}" } } }) { nodes { id fields version createTime updateTime } } }""" };
        return ScenarioResult.OfRates(
            await Comparison.RunAsync(
                async () => Expect(await client.GetByteArrayAsync(ours), static page => page.GetProperty("items")),
                async () => Expect(await PostAsync(peer, postGraphile.Address, theirs), static page => page.GetProperty("data").GetProperty("page").GetProperty("nodes")),
                warmUp: 3000),
            6);
    }

    private static void Expect(byte[] answer, Func<JsonElement, JsonElement> rows)
    {
        using var page = JsonDocument.Parse(answer);
        var found = rows(page.RootElement);
        if (found.GetArrayLength() != 50 || found[49].GetProperty("fields").GetProperty("mpaa_rating").GetString() != Rating) throw new InvalidOperationException("Wrong answer.");
    }

    private static async Task<byte[]> PostAsync(HttpClient client, Uri address, object body)
    {
        using var answer = await client.PostAsJsonAsync(address, body);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode ? bytes : throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(bytes));
    }

    /// <summary>What PostGraphile calls the list of a table's rows.</summary>
    private static async Task<string> FieldAsync(HttpClient client, Uri address, string table)
    {
        using var schema = JsonDocument.Parse(await PostAsync(client, address, new { query = "{ __schema { queryType { fields { name } } } }" }));
        return schema.RootElement.GetProperty("data").GetProperty("__schema").GetProperty("queryType").GetProperty("fields").EnumerateArray()
            .Select(static field => field.GetProperty("name").GetString()!).Single(name => name.Equals($"all{table}s", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<(string Role, string Organisation, string Table)> MoviesAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("SELECT current_database() || '_api', organisation, 'd' || id FROM datasets WHERE name = 'movies'");
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? (reader.GetString(0), reader.GetString(1), reader.GetString(2)) : throw new InvalidOperationException("DataService holds no films.");
    }
}
