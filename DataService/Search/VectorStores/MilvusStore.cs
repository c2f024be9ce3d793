using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Milvus over its RESTful API v2 (https://milvus.io/api-reference/restful/v2.5.x/About.md); answers are 200 with a code that is 0 or an error.</summary>
internal sealed class MilvusStore(VectorStoreOptions options) : IVectorStore, IDisposable
{
    private readonly VectorStoreHttp _http = new(options, request =>
    {
        if (options.ApiKey.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
    });

    private readonly ConcurrentDictionary<string, bool> _made = new(StringComparer.Ordinal);

    // The limit of Milvus' topk.
    public int MaxResults => 16_384;

    public Task PingAsync(CancellationToken cancellationToken) => PostAsync("collections/list", null, new JsonObject(), cancellationToken);

    public async Task ReplaceAsync(VectorSpace space, IReadOnlyCollection<string> items, IReadOnlyList<StoredVector> vectors, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(space, cancellationToken))
        {
            if (vectors.Count == 0) return;
            await MakeAsync(space, vectors[0].Vector.Length, cancellationToken);
        }

        try
        {
            await PostAsync("entities/delete", space, new JsonObject { ["filter"] = $"{Filter(space)} and item in [{string.Join(',', items.Select(Json.Quote))}]" }, cancellationToken);
            foreach (var some in vectors.Chunk(VectorBatches.Size))
            {
                var rows = some.Select(one => new JsonObject
                {
                    ["id"] = one.Id.ToString(),
                    ["organisation"] = space.Organisation,
                    ["dataset"] = space.Dataset,
                    ["item"] = one.Item,
                    ["vector"] = Json.Vector(one.Vector),
                });
                await PostAsync("entities/upsert", space, new JsonObject { ["data"] = new JsonArray([.. rows]) }, cancellationToken);
            }
        }
        catch (InvalidOperationException)
        {
            // Somebody may have removed the collection.
            _made.TryRemove(space.Name, out _);
            throw;
        }
    }

    public async Task<IReadOnlyList<string>> SearchAsync(VectorSpace space, float[] vector, int count, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(space, cancellationToken)) return [];
        var body = new JsonObject
        {
            ["data"] = new JsonArray(Json.Vector(vector)),
            ["annsField"] = "vector",
            ["limit"] = count,
            ["filter"] = Filter(space),
            ["outputFields"] = new JsonArray("organisation", "dataset", "item"),

            // What was written before is found.
            ["consistencyLevel"] = "Strong",
        };
        JsonArray answer;
        try
        {
            answer = await PostAsync("entities/search", space, body, cancellationToken) as JsonArray ?? throw Unexpected("entities/search");
        }
        catch (InvalidOperationException)
        {
            // Removed meanwhile, or something else.
            _made.TryRemove(space.Name, out _);
            if (!await IsThereAsync(space, cancellationToken)) return [];
            throw;
        }

        return [.. answer.OfType<JsonObject>().Where(one => space.Owns((string?)one["organisation"], (string?)one["dataset"])).Select(static one => (string?)one["item"] ?? throw Unexpected("entities/search"))];
    }

    public async Task DropAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        _made.TryRemove(space.Name, out _);
        if (await IsThereAsync(space, cancellationToken)) await PostAsync("collections/drop", space, new JsonObject(), cancellationToken);
        _made.TryRemove(space.Name, out _);
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> IsThereAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        if (_made.ContainsKey(space.Name)) return true;
        var has = (bool?)(await PostAsync("collections/has", space, new JsonObject(), cancellationToken))?["has"] ?? throw Unexpected("collections/has");
        if (has) _made[space.Name] = true;
        return has;
    }

    private async Task MakeAsync(VectorSpace space, int dimensions, CancellationToken cancellationToken)
    {
        var schema = new JsonObject
        {
            ["autoId"] = false,
            ["enableDynamicField"] = false,
            ["fields"] = new JsonArray(
                Text("id", 36, isPrimary: true), Text("organisation", 128), Text("dataset", 32), Text("item", 128),
                new JsonObject { ["fieldName"] = "vector", ["dataType"] = "FloatVector", ["elementTypeParams"] = new JsonObject { ["dim"] = dimensions.ToString(CultureInfo.InvariantCulture) } }),
        };
        var index = new JsonObject { ["fieldName"] = "vector", ["indexName"] = "vector", ["metricType"] = "COSINE", ["indexType"] = "AUTOINDEX" };
        await PostAsync("collections/create", space, new JsonObject { ["schema"] = schema, ["indexParams"] = new JsonArray(index) }, cancellationToken);
        _made[space.Name] = true;
    }

    private static JsonObject Text(string name, int length, bool isPrimary = false) => new()
    {
        ["fieldName"] = name,
        ["dataType"] = "VarChar",
        ["isPrimary"] = isPrimary,
        ["elementTypeParams"] = new JsonObject { ["max_length"] = length.ToString(CultureInfo.InvariantCulture) },
    };

    private async Task<JsonNode?> PostAsync(string path, VectorSpace? space, JsonObject body, CancellationToken cancellationToken)
    {
        if (options.Database.Length > 0) body["dbName"] = options.Database;
        if (space is not null) body["collectionName"] = space.Name;
        var answer = await _http.SendAsync(HttpMethod.Post, $"v2/vectordb/{path}", body, cancellationToken);
        var json = answer.Json();
        return (int?)json["code"] == 0 ? json["data"] : throw Unexpected(path);
    }

    private static InvalidOperationException Unexpected(string path) => new($"The vector store refused {path}.");

    private static string Filter(VectorSpace space) => $"organisation == {Json.Quote(space.Organisation)} and dataset == {Json.Quote(space.Dataset)}";
}
