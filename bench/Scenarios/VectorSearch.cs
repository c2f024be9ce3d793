using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Embeddings;
using AiMesh.Testing;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>
/// The ten texts nearest to a question among the tenth of 20,000 that a filter admits. Ours over REST with mutual TLS, token, permission, row rules, field
/// visibility and audit, embedding the question itself; Chroma over REST with none of it, given the vector ready made. Both answer the texts.
/// </summary>
internal sealed class VectorSearch : IScenario
{
    private const int Items = 20_000;
    private const int Parts = 10;
    private const int TopK = 10;

    private static readonly string[] Words =
        "pump engine pressure valve failure heat storm river bridge harvest market price interest bank loan patient doctor vaccine heart school teacher student football match goal film actor music concert election minister law court police energy solar battery network software update travel hotel flight train city garden recipe bread".Split(' ');

    private const string Definition = """
        {
          "datasetId": "bench-search",
          "dataset": {
            "fields": [
              { "name": "text", "type": "STRING", "classification": "INTERNAL", "visibleTo": ["*"], "searchable": true },
              { "name": "part", "type": "INTEGER", "classification": "INTERNAL", "visibleTo": ["*"] }
            ],
            "rowRules": [{ "roles": ["*"], "actions": ["READ", "CREATE"] }]
          }
        }
        """;

    private static readonly string[] Answered = ["documents", "metadatas", "distances"];

    public string Name => "vector-search";

    public string Description => "10 nearest of 20,000 texts with a filter (1 in 10), with every guard, against Chroma without any";

    public async Task<ScenarioResult> RunAsync()
    {
        var random = new Random(1);
        var texts = Enumerable.Range(0, Items).Select(i => string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', Enumerable.Range(0, 12).Select(_ => Words[random.Next(Words.Length)]))} {i}")).ToArray();
        var questions = Enumerable.Range(0, 64).Select(_ => string.Join(' ', Enumerable.Range(0, 4).Select(_ => Words[random.Next(Words.Length)]))).ToArray();

        await using var mesh = await RunningMesh.StartAsync();
        await using var chroma = await ChromaServer.StartAsync();
        using var client = mesh.PeerClient();
        client.BaseAddress = mesh.App.GetEndpoint("data", "http");
        client.Timeout = TimeSpan.FromMinutes(5);
        client.DefaultRequestHeaders.Authorization = await mesh.SignInAsync("admin");
        await FillOursAsync(client, texts);
        using var peer = new HttpClient { BaseAddress = chroma.Address, Timeout = TimeSpan.FromMinutes(5) };
        var embedder = new SentenceEmbedder(WordTable.Load());
        var collection = await FillChromaAsync(peer, embedder, texts);

        var next = 0;
        var ours = questions.Select((question, i) => new { query = question, filter = $"part = {i % Parts}", topK = TopK, vectorWeight = 1.0 }).ToArray();
        var theirs = questions.Select((question, i) => new
        {
            query_embeddings = new[] { embedder.Embed(question) },
            n_results = TopK,
            where = new { part = i % Parts },
            include = Answered,
        }).ToArray();
        return ScenarioResult.OfRates(
            await Comparison.RunAsync(
                async () => Expect((await PostAsync(client, "/api/data/datasets/bench-search/items:search", ours[Interlocked.Increment(ref next) % ours.Length]))["matches"]!.AsArray()),
                async () => Expect((await PostAsync(peer, $"{collection}/query", theirs[Interlocked.Increment(ref next) % theirs.Length]))["documents"]![0]!.AsArray()),
                warmUp: 1000),
            5);
    }

    private static void Expect(JsonArray answers)
    {
        if (answers.Count != TopK) throw new InvalidOperationException("Wrong answer.");
    }

    private static async Task FillOursAsync(HttpClient client, string[] texts)
    {
        await PostAsync(client, "/api/data/datasets", JsonNode.Parse(Definition)!);
        foreach (var some in texts.Index().Chunk(5000))
        {
            var lines = some.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Item},{one.Index % Parts}"));
            await PostAsync(client, "/api/data/datasets/bench-search:import", new { csv = $"text,part\n{string.Join('\n', lines)}\n" });
        }

        // Until all of it is indexed.
        for (var waited = 0; ; waited++)
        {
            using var answer = await client.PostAsJsonAsync("/api/data/datasets/bench-search/items:search", new { query = "pump", vectorWeight = 1.0 });
            if (answer.IsSuccessStatusCode) return;
            if (waited == 100) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static async Task<string> FillChromaAsync(HttpClient client, SentenceEmbedder embedder, string[] texts)
    {
        const string Collections = "/api/v2/tenants/default_tenant/databases/default_database/collections";
        var made = await PostAsync(client, Collections, new { name = "bench-search", configuration = new { hnsw = new { space = "cosine" } } });
        var collection = $"{Collections}/{made["id"]!.GetValue<string>()}";
        foreach (var some in texts.Index().Chunk(1000))
        {
            await PostAsync(client, $"{collection}/upsert", new
            {
                ids = some.Select(one => one.Index.ToString(CultureInfo.InvariantCulture)),
                embeddings = some.Select(one => embedder.Embed(one.Item)),
                documents = some.Select(one => one.Item),
                metadatas = some.Select(one => new { part = one.Index % Parts }),
            });
        }

        return collection;
    }

    private static async Task<JsonNode> PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException(text);
    }
}
