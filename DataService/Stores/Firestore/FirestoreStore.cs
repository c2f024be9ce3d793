using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores.Firestore;

/// <summary>
/// Google Firestore by its REST API (https://firebase.google.com/docs/firestore/reference/rest): a collection a dataset, in it a document a tenant, below that the
/// items. Ids have a letter before them, as "." and "__x__" are no ids there. Reads are strongly consistent.
/// </summary>
internal sealed class FirestoreStore : IDocumentStore, IDisposable
{
    private const int MaxPage = 300;
    private const int MaxWrites = 500;
    private const int MaxRequestBytes = 8 * 1024 * 1024;
    private const int Parallel = 16;

    private readonly StoreHttp _http;
    private readonly GoogleCredential _credential;
    private readonly StoreOptions _options;
    private readonly StoreRetry _retry;
    private readonly string _root;
    private readonly string _address;

    public FirestoreStore(StoreOptions options, TimeProvider clock)
    {
        (_options, _http, _credential, _retry) = (options, new StoreHttp(options), new GoogleCredential(options, clock), new StoreRetry(options));
        _root = $"projects/{options.Project}/databases/{(options.Database.Length > 0 ? options.Database : "(default)")}/documents";
        _address = $"{(options.Endpoint.Length > 0 ? options.Endpoint.TrimEnd('/') : "https://firestore.googleapis.com")}/v1/";
    }

    // 1 MiB for the whole document, names included: https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields
    public StoreCapabilities Capabilities { get; } = new("firestore", MaxDocumentBytes: 1_000_000, MaxAtomicWrites: MaxWrites, MaxAtomicBytes: MaxRequestBytes, FindsOwners: true);

    // Collections come with their first document and go with their last.
    public Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        do
        {
            ids.Clear();
            await foreach (var document in QueryAsync(table, DocumentQuery.Everything with { Fields = [], Expected = MaxPage }, cancellationToken))
            {
                ids.Add(document.Id);
                if (ids.Count == MaxWrites) break;
            }

            if (ids.Count > 0) await WriteAsync(table, [.. ids.Select(DocumentWrite.Remove)], atomic: false, cancellationToken);
        }
        while (ids.Count == MaxWrites);
    }

    public async Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, Name(table, id), null, repeatable: true, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        using var json = Read(answer, "a read");
        return FirestoreValues.Read(table, json.RootElement);
    }

    public async IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bound = query.Bound();
        if (bound == PolicyExpression.Nothing) yield break;
        var (after, size) = (query.After, Math.Clamp(query.Expected, 1, MaxPage));
        while (true)
        {
            var request = new JsonObject { ["structuredQuery"] = Query(table, query, bound, after, size) };
            var answer = await SendAsync(HttpMethod.Post, $"{Parent(table)}:runQuery", request, repeatable: true, cancellationToken);
            using var json = Read(answer, "a query");
            var count = 0;
            foreach (var result in json.RootElement.EnumerateArray())
            {
                // The last element may be without a document.
                if (!result.TryGetProperty("document", out var found)) continue;
                var document = FirestoreValues.Read(table, found);
                (after, count) = (document.Id, count + 1);
                yield return document;
            }

            if (count < size) yield break;
            size = Math.Min(size * 2, MaxPage);
        }
    }

    public async Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken)
    {
        if (writes.Count == 0) return [];
        if (atomic || writes.Count == 1) return await CommitAsync(table, writes, cancellationToken);
        var done = new bool[writes.Count];
        if (writes.All(static write => write.Condition == WriteCondition.None))
        {
            foreach (var chunk in Chunks(table, writes)) await CommitAsync(table, chunk, cancellationToken);
            Array.Fill(done, true);
            return done;
        }

        // A commit with conditions is all or none.
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken };
        await System.Threading.Tasks.Parallel.ForAsync(0, writes.Count, options, async (i, token) => done[i] = (await CommitAsync(table, [writes[i]], token))[0]);
        return done;
    }

    public async Task PingAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{_root}/{_options.Prefix}ping/ping", null, repeatable: true, cancellationToken);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.NotFound)) throw answer.Unexpected("a ping");
    }

    public void Dispose()
    {
        _http.Dispose();
        _credential.Dispose();
    }

    private JsonObject Query(DocumentTable table, DocumentQuery query, PolicyExpression bound, string after, int size)
    {
        var request = new JsonObject
        {
            ["from"] = new JsonArray(new JsonObject { ["collectionId"] = "items" }),
            ["orderBy"] = new JsonArray(new JsonObject { ["field"] = new JsonObject { ["fieldPath"] = "__name__" }, ["direction"] = "ASCENDING" }),
            ["limit"] = size,
        };
        if (FirestoreFilter.Of(bound) is { } filter) request["where"] = filter.Json;
        if (after.Length > 0) request["startAt"] = new JsonObject { ["values"] = new JsonArray(new JsonObject { ["referenceValue"] = Name(table, after) }), ["before"] = false };
        if (query.Needed() is { } fields)
        {
            string[] paths = [FirestoreValues.Owner, FirestoreValues.Version, FirestoreValues.Created, FirestoreValues.Updated, .. fields.Select(static name => $"{FirestoreValues.Fields}.{name}")];
            request["select"] = new JsonObject { ["fields"] = new JsonArray([.. paths.Select(static path => new JsonObject { ["fieldPath"] = path })]) };
        }

        return request;
    }

    // All or none. Which condition failed it does not say, so that is looked up; where none fails by then, it is tried again.
    private async Task<IReadOnlyList<bool>> CommitAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var request = new JsonObject { ["writes"] = new JsonArray([.. writes.Select(write => Write(table, write))]) };
            var answer = await SendAsync(HttpMethod.Post, $"{_root}:commit", request, repeatable: false, cancellationToken);
            if (answer.Status == HttpStatusCode.OK) return [.. writes.Select(static _ => true)];
            var reason = Status(answer);
            if (reason is not ("ALREADY_EXISTS" or "FAILED_PRECONDITION" or "NOT_FOUND" or "ABORTED")) throw answer.Unexpected("a commit");
            if (reason != "ABORTED")
            {
                if (writes.Count == 1) return [false];
                var held = await Task.WhenAll(writes.Select(write => HoldsAsync(table, write, cancellationToken)));
                if (held.Contains(false)) return held;
            }

            if (!await _retry.PauseAsync(attempt, null, cancellationToken)) throw new MeshException(new StoreThrottled());
        }
    }

    private async Task<bool> HoldsAsync(DocumentTable table, DocumentWrite write, CancellationToken cancellationToken) => write.Condition switch
    {
        WriteCondition.None => true,
        WriteCondition.Absent => await FindAsync(table, write.Id, cancellationToken) is null,
        _ => (await FindAsync(table, write.Id, cancellationToken))?.Tag == write.Tag,
    };

    private IEnumerable<List<DocumentWrite>> Chunks(DocumentTable table, IReadOnlyList<DocumentWrite> writes)
    {
        var (chunk, bytes) = (new List<DocumentWrite>(), 0);
        foreach (var write in writes)
        {
            var size = Encoding.UTF8.GetByteCount(Write(table, write).ToJsonString());
            if (chunk.Count == MaxWrites || (chunk.Count > 0 && bytes + size > MaxRequestBytes))
            {
                yield return chunk;
                (chunk, bytes) = ([], 0);
            }

            chunk.Add(write);
            bytes += size;
        }

        yield return chunk;
    }

    private JsonObject Write(DocumentTable table, DocumentWrite write)
    {
        var json = write.Content is { } content
            ? new JsonObject { ["update"] = new JsonObject { ["name"] = Name(table, write.Id), ["fields"] = FirestoreValues.Write(content) } }
            : new JsonObject { ["delete"] = Name(table, write.Id) };
        if (write.Condition == WriteCondition.Absent) json["currentDocument"] = new JsonObject { ["exists"] = false };
        if (write.Condition == WriteCondition.Unchanged) json["currentDocument"] = new JsonObject { ["updateTime"] = write.Tag };
        return json;
    }

    private Task<StoreAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, bool repeatable, CancellationToken cancellationToken) => _http.SendAsync(
        async token =>
        {
            var message = new HttpRequestMessage(method, _address + string.Join('/', path.Split('/').Select(static segment => segment.Replace("%", "%25", StringComparison.Ordinal))));
            if (await _credential.TokenAsync(token) is { } bearer) message.Headers.Authorization = new("Bearer", bearer);
            if (body is not null) message.Content = JsonContent.Create(body);
            return message;
        },
        repeatable, cancellationToken);

    private static JsonDocument Read(StoreAnswer answer, string what) => answer.Status == HttpStatusCode.OK ? JsonDocument.Parse(answer.Body) : throw answer.Unexpected(what);

    private static string? Status(StoreAnswer answer)
    {
        var json = answer.Json();
        return (string?)(json is JsonArray array ? array[0] : json)?["error"]?["status"];
    }

    // Tenants may be spelled with what separates paths.
    private string Parent(DocumentTable table) => $"{_root}/{_options.Prefix}{table.Name}/t{Uri.EscapeDataString(table.Tenant)}";

    private string Name(DocumentTable table, string id) => $"{Parent(table)}/items/i{id}";
}
