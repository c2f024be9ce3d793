using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores.Cosmos;

/// <summary>
/// Azure Cosmos DB (API for NoSQL) by its REST API: a container a dataset, partitioned by tenant. A read is as new as the last write of this replica (session tokens);
/// across replicas it is as the account's consistency says. Conditional writes hold in any case.
/// </summary>
internal sealed class CosmosStore(StoreOptions options, TimeProvider clock) : IDocumentStore, IDisposable
{
    private const int MaxPage = 1000;
    private const int Parallel = 16;
    private const HttpStatusCode FailedDependency = HttpStatusCode.FailedDependency;

    private readonly StoreHttp _http = new(options);
    private readonly CosmosAuthorization _authorization = new(options.SecretKey);
    private readonly ConcurrentDictionary<string, string> _sessions = new(StringComparer.Ordinal);
    private readonly string _database = options.Database.Length > 0 ? options.Database : "aimesh";

    public StoreCapabilities Capabilities { get; } = new("cosmos", Items.ItemValues.MaxItemBytes, MaxAtomicWrites: 100, MaxAtomicBytes: 1_900_000, FindsOwners: true);

    public async Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        await MakeAsync("dbs", "", new JsonObject { ["id"] = _database }, cancellationToken);
        var container = new JsonObject
        {
            ["id"] = options.Prefix + table.Name,
            ["partitionKey"] = new JsonObject { ["paths"] = new JsonArray("/p"), ["kind"] = "Hash", ["version"] = 2 },
        };
        await MakeAsync("colls", $"dbs/{_database}", container, cancellationToken);
    }

    public async Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Delete, new Target("colls", Container(table), Container(table)), static _ => { }, null, cancellationToken);
        if (answer.Status is not (HttpStatusCode.NoContent or HttpStatusCode.NotFound)) throw answer.Unexpected("a deletion of a container");
        _sessions.TryRemove(Container(table), out _);
    }

    public async Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken)
    {
        // The header is for queries and says nothing about the read of one document; without it the server of the tests fails where there is none.
        var answer = await SendAsync(table, HttpMethod.Get, id, static request => request.Headers.Add("x-ms-documentdb-query-enablecrosspartition", "True"), null, cancellationToken);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        if (answer.Status != HttpStatusCode.OK) throw answer.Unexpected("a read");
        using var json = JsonDocument.Parse(answer.Body);

        // By key and header; and once more by what the document says itself.
        return json.RootElement.GetProperty("p").GetString() == table.Tenant ? CosmosDocument.Read(table, json.RootElement) : null;
    }

    public async IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bound = query.Bound();
        if (bound == PolicyExpression.Nothing) yield break;
        var condition = new CosmosCondition();
        var sql = new StringBuilder(Select(query)).Append(" FROM c WHERE c.p = ").Append(condition.Parameter(table.Tenant));
        if (query.After.Length > 0) sql.Append(" AND c.id > ").Append(condition.Parameter(CosmosDocument.Id(query.After)));
        if (condition.Write(bound) is { } text) sql.Append(" AND ").Append(text);
        var body = new JsonObject { ["query"] = sql.Append(" ORDER BY c.id").ToString(), ["parameters"] = condition.Parameters };
        var (size, continuation) = (Math.Clamp(query.Expected, 1, MaxPage), (string?)null);
        do
        {
            var answer = await SendAsync(
                table, HttpMethod.Post, null,
                request =>
                {
                    request.Headers.Add("x-ms-documentdb-isquery", "True");
                    request.Headers.Add("x-ms-max-item-count", size.ToString(CultureInfo.InvariantCulture));
                    if (continuation is not null) request.Headers.TryAddWithoutValidation("x-ms-continuation", continuation);
                },
                body, cancellationToken, "application/query+json");
            if (answer.Status == HttpStatusCode.NotFound) throw new MeshException(StoreLacks.Table);
            if (answer.Status != HttpStatusCode.OK) throw answer.Unexpected("a query");
            using var json = JsonDocument.Parse(answer.Body);
            foreach (var found in json.RootElement.GetProperty("Documents").EnumerateArray()) yield return CosmosDocument.Read(table, found);
            (continuation, size) = (answer.Continuation, Math.Min(size * 2, MaxPage));
        }
        while (continuation is { Length: > 0 });
    }

    public async Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken)
    {
        if (atomic && writes.Count > 1) return await BatchAsync(table, writes, cancellationToken);
        var done = new bool[writes.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken };
        await System.Threading.Tasks.Parallel.ForAsync(0, writes.Count, parallel, async (i, token) => done[i] = await WriteAsync(table, writes[i], token));
        return done;
    }

    public async Task PingAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, new Target("dbs", "dbs", ""), static _ => { }, null, cancellationToken);
        if (answer.Status != HttpStatusCode.OK) throw answer.Unexpected("a list of databases");
    }

    public void Dispose() => _http.Dispose();

    private string Container(DocumentTable table) => $"dbs/{_database}/colls/{options.Prefix}{table.Name}";

    private static string Select(DocumentQuery query)
    {
        if (query.Needed() is not { } fields) return "SELECT *";
        return $"SELECT c.id, c.o, c.v, c.c, c.u, c._etag, {{{string.Join(", ", fields.Select(static name => $"\"{name}\": c.f[\"{name}\"]"))}}} AS f";
    }

    private async Task<bool> WriteAsync(DocumentTable table, DocumentWrite write, CancellationToken cancellationToken)
    {
        var content = write.Content is { } document ? CosmosDocument.Write(table, document) : null;
        var (method, id) = (content, write.Condition) switch
        {
            (null, _) => (HttpMethod.Delete, write.Id),
            (_, WriteCondition.Unchanged) => (HttpMethod.Put, write.Id),
            _ => (HttpMethod.Post, null),
        };
        var answer = await SendAsync(
            table, method, id,
            request =>
            {
                if (write.Condition == WriteCondition.Unchanged) request.Headers.TryAddWithoutValidation("If-Match", write.Tag);
                if (write.Condition == WriteCondition.None && content is not null) request.Headers.Add("x-ms-documentdb-is-upsert", "True");
            },
            content, cancellationToken);
        return Held(answer.Status, write) ?? throw (answer.Status == HttpStatusCode.NotFound ? new MeshException(StoreLacks.Table) : answer.Unexpected("a write"));
    }

    // https://learn.microsoft.com/azure/cosmos-db/nosql/transactional-batch; as Microsoft's client for JavaScript sends it.
    private async Task<IReadOnlyList<bool>> BatchAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(
            table, HttpMethod.Post, null,
            static request =>
            {
                request.Headers.Add("x-ms-cosmos-is-batch-request", "True");
                request.Headers.Add("x-ms-cosmos-batch-atomic", "True");
            },
            new JsonArray([.. writes.Select(write => Operation(table, write))]), cancellationToken);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.MultiStatus)) throw answer.Unexpected("a batch");
        var results = answer.Json().AsArray();
        if (results.Count != writes.Count) throw answer.Unexpected("a batch");

        // What did not fail itself was undone because of another.
        return [.. results.Select((result, i) => (HttpStatusCode)(int)result!["statusCode"]! is var status && (status == FailedDependency || (Held(status, writes[i]) ?? throw answer.Unexpected("a write of a batch"))))];
    }

    private static JsonObject Operation(DocumentTable table, DocumentWrite write)
    {
        var operation = new JsonObject
        {
            ["operationType"] = (write.Content, write.Condition) switch
            {
                (null, _) => "Delete",
                (_, WriteCondition.Absent) => "Create",
                (_, WriteCondition.Unchanged) => "Replace",
                _ => "Upsert",
            },
        };
        if (write.Content is { } content) operation["resourceBody"] = CosmosDocument.Write(table, content);
        if (write.Content is null || write.Condition == WriteCondition.Unchanged) operation["id"] = CosmosDocument.Id(write.Id);
        if (write.Condition == WriteCondition.Unchanged) operation["ifMatch"] = write.Tag;
        return operation;
    }

    private static bool? Held(HttpStatusCode status, DocumentWrite write) => status switch
    {
        HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent => true,
        HttpStatusCode.NotFound when write.Content is null && write.Condition == WriteCondition.None => true,
        HttpStatusCode.NotFound when write.Condition == WriteCondition.Unchanged => false,
        HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict => false,
        _ => null,
    };

    private async Task MakeAsync(string type, string parent, JsonObject body, CancellationToken cancellationToken)
    {
        var path = parent.Length == 0 ? type : $"{parent}/{type}";
        var answer = await SendAsync(HttpMethod.Post, new Target(type, path, parent), static _ => { }, body, cancellationToken);
        if (answer.Status is not (HttpStatusCode.Created or HttpStatusCode.Conflict)) throw answer.Unexpected($"a creation among {type}");
    }

    private async Task<StoreAnswer> SendAsync(
        DocumentTable table, HttpMethod method, string? id, Action<HttpRequestMessage> prepare, JsonNode? body, CancellationToken cancellationToken, string contentType = "application/json")
    {
        var container = Container(table);
        var link = id is null ? container : $"{container}/docs/{CosmosDocument.Id(id)}";
        var answer = await SendAsync(
            method, new Target("docs", id is null ? $"{container}/docs" : link, link),
            request =>
            {
                request.Headers.TryAddWithoutValidation("x-ms-documentdb-partitionkey", new JsonArray(table.Tenant).ToJsonString());
                if (_sessions.TryGetValue(container, out var session)) request.Headers.TryAddWithoutValidation("x-ms-session-token", session);
                prepare(request);
            },
            body, cancellationToken, contentType);
        if (answer.Session is { } now) _sessions[container] = now;
        return answer;
    }

    private Task<StoreAnswer> SendAsync(
        HttpMethod method, Target target, Action<HttpRequestMessage> prepare, JsonNode? body, CancellationToken cancellationToken, string contentType = "application/json")
    {
        var text = body?.ToJsonString();
        var isRead = method == HttpMethod.Get || contentType != "application/json";
        return _http.SendAsync(
            _ =>
            {
                var request = new HttpRequestMessage(method, new Uri(new Uri(options.Endpoint), target.Path));
                _authorization.Sign(request, target.Type, target.Link, clock.GetUtcNow());
                prepare(request);
                if (text is not null)
                {
                    // A charset after this type is refused.
                    request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
                    request.Content.Headers.ContentType = new(contentType);
                }

                return Task.FromResult(request);
            },
            isRead, cancellationToken);
    }

    /// <param name="Type">Of the resource, as it is signed.</param>
    /// <param name="Path">Where the request goes.</param>
    /// <param name="Link">As it is signed.</param>
    private sealed record Target(string Type, string Path, string Link);
}
