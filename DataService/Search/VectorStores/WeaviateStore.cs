using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Weaviate over REST and GraphQL (https://docs.weaviate.io/weaviate/api); spaces are classes.</summary>
internal sealed class WeaviateStore(VectorStoreOptions options) : IVectorStore, IDisposable
{
    private readonly VectorStoreHttp _http = new(options, request =>
    {
        if (options.ApiKey.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
    });

    private readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);

    // QUERY_MAXIMUM_RESULTS, where nobody changed it.
    public int MaxResults => 10_000;

    public async Task PingAsync(CancellationToken cancellationToken)
    {
        // Readiness is told without a credential; the schema is not.
        var answer = await _http.SendAsync(HttpMethod.Get, "v1/schema", null, cancellationToken);
        if (!answer.IsSuccess) throw answer.Unexpected();
    }

    public async Task ReplaceAsync(VectorSpace space, IReadOnlyCollection<string> items, IReadOnlyList<StoredVector> vectors, CancellationToken cancellationToken)
    {
        await MakeAsync(space, cancellationToken);
        await DeleteAsync(space, items, cancellationToken);
        foreach (var some in vectors.Chunk(VectorBatches.Size))
        {
            var objects = some.Select(one => new JsonObject
            {
                ["class"] = space.Name,
                ["id"] = one.Id.ToString(),
                ["properties"] = new JsonObject { ["organisation"] = space.Organisation, ["dataset"] = space.Dataset, ["item"] = one.Item },
                ["vector"] = Json.Vector(one.Vector),
            });
            var answer = await _http.SendAsync(HttpMethod.Post, "v1/batch/objects", new JsonObject { ["objects"] = new JsonArray([.. objects]) }, cancellationToken);

            // Each object has a fate of its own.
            if (answer.Json() is not JsonArray results || results.Any(static one => (string?)one?["result"]?["status"] == "FAILED" || one?["result"]?["errors"] is not null)) throw Lost(space, answer);
        }
    }

    public async Task<IReadOnlyList<string>> SearchAsync(VectorSpace space, float[] vector, int count, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(space, cancellationToken)) return [];
        var numbers = string.Join(',', vector.Select(static number => number.ToString("R", CultureInfo.InvariantCulture)));
        var where = $"{{operator:And,operands:[{Operand("organisation", space.Organisation)},{Operand("dataset", space.Dataset)}]}}";
        var query = string.Create(CultureInfo.InvariantCulture, $"{{Get{{{space.Name}(nearVector:{{vector:[{numbers}]}},where:{where},limit:{count}){{organisation dataset item}}}}}}");
        var answer = await _http.SendAsync(HttpMethod.Post, "v1/graphql", new JsonObject { ["query"] = query }, cancellationToken);
        var json = answer.Json();
        if (json["errors"] is not null)
        {
            // Removed meanwhile, or something else.
            var error = Lost(space, answer);
            if (!await IsThereAsync(space, cancellationToken)) return [];
            throw error;
        }

        var found = json["data"]?["Get"]?[space.Name] as JsonArray ?? throw answer.Unexpected();
        return [.. found.OfType<JsonObject>().Where(one => space.Owns((string?)one["organisation"], (string?)one["dataset"])).Select(one => (string?)one["item"] ?? throw answer.Unexpected())];
    }

    public async Task DropAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        _made.TryRemove(space.Name, out _);
        if (!await IsThereAsync(space, cancellationToken)) return;
        var answer = await _http.SendAsync(HttpMethod.Delete, $"v1/schema/{space.Name}", null, cancellationToken);
        if (!answer.IsSuccess && answer.Status != HttpStatusCode.NotFound) throw answer.Unexpected();
        _made.TryRemove(space.Name, out _);
    }

    public void Dispose() => _http.Dispose();

    private async Task DeleteAsync(VectorSpace space, IReadOnlyCollection<string> items, CancellationToken cancellationToken)
    {
        var where = new JsonObject
        {
            ["operator"] = "And",
            ["operands"] = new JsonArray(
                Where("organisation", "Equal", space.Organisation), Where("dataset", "Equal", space.Dataset), Where("item", "ContainsAny", null, Json.List(items))),
        };
        while (true)
        {
            var answer = await _http.SendAsync(
                HttpMethod.Delete, "v1/batch/objects", new JsonObject { ["match"] = new JsonObject { ["class"] = space.Name, ["where"] = where.DeepClone() } }, cancellationToken);
            if (!answer.IsSuccess || answer.Json()["results"] is not { } results || (int?)results["failed"] > 0) throw Lost(space, answer);

            // It deletes so many at a time and no more.
            if ((int?)results["matches"] is not { } matches || (int?)results["limit"] is not { } limit || matches < limit) return;
        }
    }

    private async Task<bool> IsThereAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        if (_made.ContainsKey(space.Name)) return true;
        var answer = await _http.SendAsync(HttpMethod.Get, $"v1/schema/{space.Name}", null, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound) return false;
        if (!answer.IsSuccess) throw answer.Unexpected();
        return _made[space.Name] = true;
    }

    private async Task MakeAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(space, cancellationToken)) return;
        var definition = new JsonObject
        {
            ["class"] = space.Name,
            ["vectorizer"] = "none",
            ["vectorIndexConfig"] = new JsonObject { ["distance"] = "cosine" },
            ["properties"] = new JsonArray(Property("organisation"), Property("dataset"), Property("item")),
        };
        var answer = await _http.SendAsync(HttpMethod.Post, "v1/schema", definition, cancellationToken);

        // Another replica may have been first.
        if (!answer.IsSuccess && !await IsThereAsync(space, cancellationToken)) throw answer.Unexpected();
        _made[space.Name] = true;
    }

    // Compared as a whole, not word by word.
    private static JsonObject Property(string name) => new() { ["name"] = name, ["dataType"] = new JsonArray("text"), ["tokenization"] = "field" };

    private static string Operand(string path, string value) => $"{{path:[{Json.Quote(path)}],operator:Equal,valueText:{Json.Quote(value)}}}";

    private static JsonObject Where(string path, string operation, string? text, JsonArray? texts = null) => new()
    {
        ["path"] = new JsonArray(path),
        ["operator"] = operation,
        [texts is null ? "valueText" : "valueTextArray"] = texts is null ? text : texts,
    };

    // Somebody may have removed the class.
    private InvalidOperationException Lost(VectorSpace space, VectorAnswer answer)
    {
        _made.TryRemove(space.Name, out _);
        return answer.Unexpected();
    }
}
