using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// Rows imported as CSV over HTTP: parsed, checked against the dataset and its rules, stored through row security, recorded as events; against the binary
/// COPY of the same rows, their JSON ready, into a table with the same columns and nothing else. In rows a second, one caller.
/// </summary>
internal sealed class ImportRows : IScenario
{
    private const int Rows = 20_000;
    private const int Rounds = 7;

    public string Name => "import-rows";

    public string Description => "rows imported as CSV by DataService against a hand-written binary COPY of the same rows";

    public async Task<ScenarioResult> RunAsync()
    {
        await using var mesh = await RunningMesh.StartAsync();
        using var client = mesh.PeerClient();
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        var service = mesh.App.GetEndpoint("data", "http");
        var connectionString = await mesh.App.GetConnectionStringAsync("data-db") ?? throw new InvalidOperationException("No database.");
        await using var database = NpgsqlDataSource.Create(connectionString);
        var (csv, json) = Source();

        var (ours, peer) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var (import, copy) = (await MeasureAsync(() => ImportAsync(client, service, csv)), await MeasureAsync(() => CopyAsync(database, json)));

            // The first round is for compilers, pools and caches.
            if (round == 0) continue;
            ours.Add(import);
            peer.Add(copy);
        }

        return ScenarioResult.OfRates(new Comparison(Median(ours), Median(peer), Median(ours.Zip(peer, (a, b) => a / b))), 0.2);
    }

    private static async Task<double> MeasureAsync(Func<Task<TimeSpan>> work) => Rows / (await work()).TotalSeconds;

    private static async Task<TimeSpan> ImportAsync(HttpClient client, Uri service, string csv)
    {
        const string Definition = """
            {"datasetId":"bench-import","dataset":{"fields":[
              {"name":"title","type":"STRING","classification":"PUBLIC","visibleTo":["*"]},{"name":"kind","type":"STRING","classification":"PUBLIC","visibleTo":["*"]},
              {"name":"pieces","type":"INTEGER","classification":"PUBLIC","visibleTo":["*"]},{"name":"rating","type":"NUMBER","classification":"PUBLIC","visibleTo":["*"]},
              {"name":"seen","type":"TIMESTAMP","classification":"PUBLIC","visibleTo":["*"]}],
             "rowRules":[{"roles":["admin"],"actions":["READ","CREATE","UPDATE","DELETE"]}]} }
            """;
        using (var created = await client.PostAsync(new Uri(service, "/api/data/datasets"), new StringContent(Definition, Encoding.UTF8, "application/json"))) created.EnsureSuccessStatusCode();
        var clock = Stopwatch.StartNew();
        using (var imported = await client.PostAsync(new Uri(service, "/api/data/datasets/bench-import:import"), new StringContent(csv, Encoding.UTF8, "text/csv")))
        {
            imported.EnsureSuccessStatusCode();
            if ((await imported.Content.ReadFromJsonAsync<JsonObject>())!["importedCount"]!.GetValue<int>() != Rows) throw new InvalidOperationException("Wrong answer.");
        }

        var elapsed = clock.Elapsed;
        using var deleted = await client.DeleteAsync(new Uri(service, "/api/data/datasets/bench-import"));
        deleted.EnsureSuccessStatusCode();
        return elapsed;
    }

    private static async Task<TimeSpan> CopyAsync(NpgsqlDataSource database, byte[][] json)
    {
        await using var connection = await database.OpenConnectionAsync();
        await ExecuteAsync("CREATE TABLE bench_copy (id text COLLATE \"C\" PRIMARY KEY, fields jsonb NOT NULL, owner text NOT NULL, version bigint NOT NULL, create_time timestamptz NOT NULL, update_time timestamptz NOT NULL)");
        var (clock, now) = (Stopwatch.StartNew(), DateTime.UtcNow);
        await using (var writer = await connection.BeginBinaryImportAsync("COPY bench_copy FROM STDIN (FORMAT binary)"))
        {
            foreach (var fields in json)
            {
                await writer.StartRowAsync();
                await writer.WriteAsync(Guid.CreateVersion7().ToString("N"), NpgsqlDbType.Text);
                await writer.WriteAsync(fields, NpgsqlDbType.Jsonb);
                await writer.WriteAsync("bench", NpgsqlDbType.Text);
                await writer.WriteAsync(1L, NpgsqlDbType.Bigint);
                await writer.WriteAsync(now, NpgsqlDbType.TimestampTz);
                await writer.WriteAsync(now, NpgsqlDbType.TimestampTz);
            }

            await writer.CompleteAsync();
        }

        var elapsed = clock.Elapsed;
        await ExecuteAsync("DROP TABLE bench_copy");
        return elapsed;

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static (string Csv, byte[][] Json) Source()
    {
        var (csv, json) = (new StringBuilder("title,kind,pieces,rating,seen\n"), new byte[Rows][]);
        for (var i = 0; i < Rows; i++)
        {
            var (title, kind, rating, seen) = ($"The title of the item with the number {i.ToString(CultureInfo.InvariantCulture)}", $"kind-{i % 20}", i % 100 / 10.0, DateTime.UnixEpoch.AddMinutes(i).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
            csv.Append(CultureInfo.InvariantCulture, $"{title},{kind},{i},{rating},{seen}\n");
            json[i] = JsonSerializer.SerializeToUtf8Bytes(new { title, kind, pieces = i, rating, seen });
        }

        return (csv.ToString(), json);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
