using System.Net;
using System.Text.Json.Nodes;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>An index of Pinecone over its data plane (https://docs.pinecone.io/reference/api/2025-10/data-plane); spaces are namespaces, which make themselves.</summary>
internal sealed class PineconeStore(VectorStoreOptions options) : IVectorStore, IDisposable
{
    private const string ApiVersion = "2025-10";

    private readonly VectorStoreHttp _http = new(options, request =>
    {
        request.Headers.Add("Api-Key", options.ApiKey);
        request.Headers.Add("X-Pinecone-Api-Version", ApiVersion);
    });

    public int MaxResults => 10_000;

    public async Task PingAsync(CancellationToken cancellationToken) => (await PostAsync("describe_index_stats", new JsonObject(), cancellationToken)).Json();

    public async Task ReplaceAsync(VectorSpace space, IReadOnlyCollection<string> items, IReadOnlyList<StoredVector> vectors, CancellationToken cancellationToken)
    {
        var filter = Filter(space);
        filter["item"] = new JsonObject { ["$in"] = Json.List(items) };
        var deleted = await PostAsync("vectors/delete", new JsonObject { ["namespace"] = space.Name, ["filter"] = filter }, cancellationToken);
        if (!deleted.IsSuccess && deleted.Status != HttpStatusCode.NotFound) throw deleted.Unexpected();
        foreach (var some in vectors.Chunk(VectorBatches.Size))
        {
            var records = some.Select(one => new JsonObject
            {
                ["id"] = one.Id.ToString(),
                ["values"] = Json.Vector(one.Vector),
                ["metadata"] = new JsonObject { ["organisation"] = space.Organisation, ["dataset"] = space.Dataset, ["item"] = one.Item },
            });
            var answer = await PostAsync("vectors/upsert", new JsonObject { ["namespace"] = space.Name, ["vectors"] = new JsonArray([.. records]) }, cancellationToken);
            if ((int?)answer.Json()["upsertedCount"] != some.Length) throw answer.Unexpected();
        }
    }

    public async Task<IReadOnlyList<string>> SearchAsync(VectorSpace space, float[] vector, int count, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["namespace"] = space.Name,
            ["vector"] = Json.Vector(vector),
            ["topK"] = count,
            ["filter"] = Filter(space),
            ["includeMetadata"] = true,
        };
        var answer = await PostAsync("query", body, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound) return [];
        var matches = answer.Json()["matches"]?.AsArray() ?? throw answer.Unexpected();
        return
        [
            .. matches.Select(static match => match?["metadata"]).OfType<JsonObject>().Where(one => space.Owns((string?)one["organisation"], (string?)one["dataset"]))
                .Select(one => (string?)one["item"] ?? throw answer.Unexpected()),
        ];
    }

    public async Task DropAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        var answer = await PostAsync("vectors/delete", new JsonObject { ["namespace"] = space.Name, ["deleteAll"] = true }, cancellationToken);
        if (!answer.IsSuccess && answer.Status != HttpStatusCode.NotFound) throw answer.Unexpected();
    }

    public void Dispose() => _http.Dispose();

    private Task<VectorAnswer> PostAsync(string path, JsonNode body, CancellationToken cancellationToken) => _http.SendAsync(HttpMethod.Post, path, body, cancellationToken);

    private static JsonObject Filter(VectorSpace space) => new()
    {
        ["organisation"] = new JsonObject { ["$eq"] = space.Organisation },
        ["dataset"] = new JsonObject { ["$eq"] = space.Dataset },
    };
}
