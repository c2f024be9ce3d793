using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Chroma over its API v2 (https://docs.trychroma.com/reference).</summary>
internal sealed class ChromaStore : IVectorStore, IDisposable
{
    // Said of a collection whose segments are not all there yet, or not all gone: a moment later it is or is not.
    private const HttpStatusCode HalfMade = HttpStatusCode.PreconditionFailed;

    private readonly VectorStoreHttp _http;
    private readonly string _collections;

    // Collections are addressed by ids that Chroma gives them.
    private readonly ConcurrentDictionary<string, string> _ids = new(StringComparer.Ordinal);

    public ChromaStore(VectorStoreOptions options)
    {
        _http = new VectorStoreHttp(options, Authorise, busy: HalfMade);
        var (tenant, database) = (options.Tenant.Length > 0 ? options.Tenant : "default_tenant", options.Database.Length > 0 ? options.Database : "default_database");
        _collections = $"api/v2/tenants/{Uri.EscapeDataString(tenant)}/databases/{Uri.EscapeDataString(database)}/collections";

        void Authorise(HttpRequestMessage request)
        {
            if (options.ApiKey.Length > 0) request.Headers.Add("x-chroma-token", options.ApiKey);
        }
    }

    public int MaxResults => 10_000;

    public async Task PingAsync(CancellationToken cancellationToken) => (await _http.SendAsync(HttpMethod.Get, "api/v2/heartbeat", null, cancellationToken)).Json();

    public async Task ReplaceAsync(VectorSpace space, IReadOnlyCollection<string> items, IReadOnlyList<StoredVector> vectors, CancellationToken cancellationToken)
    {
        var id = await IdOfAsync(space, make: true, cancellationToken);
        Done(space, await _http.SendAsync(HttpMethod.Post, $"{_collections}/{id}/delete", new JsonObject { ["where"] = And(space, Is("item", "$in", Json.List(items))) }, cancellationToken));
        foreach (var some in vectors.Chunk(VectorBatches.Size))
        {
            var body = new JsonObject
            {
                ["ids"] = Json.List(some.Select(static one => one.Id.ToString())),
                ["embeddings"] = new JsonArray([.. some.Select(static one => Json.Vector(one.Vector))]),
                ["metadatas"] = new JsonArray([.. some.Select(one => new JsonObject { ["organisation"] = space.Organisation, ["dataset"] = space.Dataset, ["item"] = one.Item })]),
            };
            Done(space, await _http.SendAsync(HttpMethod.Post, $"{_collections}/{id}/upsert", body, cancellationToken));
        }
    }

    public async Task<IReadOnlyList<string>> SearchAsync(VectorSpace space, float[] vector, int count, CancellationToken cancellationToken)
    {
        if (await IdOfAsync(space, make: false, cancellationToken) is not { } id) return [];
        var body = new JsonObject
        {
            ["query_embeddings"] = new JsonArray(Json.Vector(vector)),
            ["n_results"] = count,
            ["where"] = And(space, null),
            ["include"] = new JsonArray("metadatas"),
        };
        var answer = await _http.SendAsync(HttpMethod.Post, $"{_collections}/{id}/query", body, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound)
        {
            _ids.TryRemove(space.Name, out _);
            return [];
        }

        Done(space, answer);
        var found = answer.Json()["metadatas"] is JsonArray { Count: 1 } lists && lists[0] is JsonArray list ? list : throw answer.Unexpected();
        return [.. found.OfType<JsonObject>().Where(one => space.Owns((string?)one["organisation"], (string?)one["dataset"])).Select(one => (string?)one["item"] ?? throw answer.Unexpected())];
    }

    public async Task DropAsync(VectorSpace space, CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(HttpMethod.Delete, $"{_collections}/{space.Name}", null, cancellationToken);
        _ids.TryRemove(space.Name, out _);
        if (!answer.IsSuccess && answer.Status != HttpStatusCode.NotFound) throw answer.Unexpected();
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> IdOfAsync(VectorSpace space, bool make, CancellationToken cancellationToken)
    {
        if (_ids.TryGetValue(space.Name, out var known)) return known;
        var answer = make
            ? await _http.SendAsync(
                HttpMethod.Post, _collections, new JsonObject { ["name"] = space.Name, ["get_or_create"] = true, ["configuration"] = new JsonObject { ["hnsw"] = new JsonObject { ["space"] = "cosine" } } }, cancellationToken)
            : await _http.SendAsync(HttpMethod.Get, $"{_collections}/{space.Name}", null, cancellationToken);
        if (!make && answer.Status == HttpStatusCode.NotFound) return null;
        return _ids[space.Name] = (string?)answer.Json()["id"] ?? throw answer.Unexpected();
    }

    // A collection that somebody removed or made anew has another id by now.
    private void Done(VectorSpace space, VectorAnswer answer)
    {
        if (answer.IsSuccess) return;
        _ids.TryRemove(space.Name, out _);
        throw answer.Unexpected();
    }

    private static JsonObject And(VectorSpace space, JsonNode? further)
    {
        var all = new JsonArray(Is("organisation", "$eq", space.Organisation), Is("dataset", "$eq", space.Dataset));
        if (further is not null) all.Add(further);
        return new JsonObject { ["$and"] = all };
    }

    private static JsonObject Is(string key, string operation, JsonNode value) => new() { [key] = new JsonObject { [operation] = value } };
}
