using System.Globalization;
using System.Net;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Tests.Stores;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>A DataService with every kind of search store: Chroma's own server, fakes of the others, and one that can be away. And with another store for items.</summary>
public sealed class SearchStoresFixture : IAsyncLifetime
{
    public static readonly string[] Names = ["chroma", "pinecone", "weaviate", "milvus"];

    private ChromaServer _chroma = null!;

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public DataServiceHost Service { get; private set; } = null!;

    internal Dictionary<string, FakeVectorServer> Fakes { get; } = [];

    internal VectorStoreRegistry Stores => Service.Host.Services.GetRequiredService<VectorStoreRegistry>();

    public async Task InitializeAsync()
    {
        _chroma = await ChromaServer.StartAsync();
        Fakes["pinecone"] = await FakeVectorServer.StartAsync(FakePinecone.Answer);
        Fakes["weaviate"] = await FakeVectorServer.StartAsync(FakeWeaviate.Answer);
        Fakes["milvus"] = await FakeVectorServer.StartAsync(FakeMilvus.Answer);
        Fakes["away"] = await FakeVectorServer.StartAsync(FakePinecone.Answer);
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();
        Service = await DataServiceHost.StartAsync(Database.ConnectionString, Authority,
        [
            "Search:MaxWait=00:01:00", "Search:MaxScan=200", "Search:PollInterval=00:00:00.1",
            .. Settings("chroma", "chroma", _chroma.Address), .. Settings("pinecone", "pinecone", Fakes["pinecone"].Address), .. Settings("weaviate", "weaviate", Fakes["weaviate"].Address),
            .. Settings("milvus", "milvus", Fakes["milvus"].Address), .. Settings("away", "pinecone", Fakes["away"].Address),
            .. StoresFixture.Settings("dynamo", DynamoDbStoreTests.Options((await StoreEngine.DynamoDbAsync()).Address), FormattableString.Invariant($"s{Environment.ProcessId}-")),
        ]);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
        foreach (var fake in Fakes.Values) await fake.DisposeAsync();
        await _chroma.DisposeAsync();
    }

    internal Caller Caller(string role = "admin", string subject = "") => new(
        Service, Authority.Token(subject.Length > 0 ? subject : role, "demo", [role], role == "admin" ? ["*"] : ["data:list", "data:read:*", "data:write:*"], null), subject);

    /// <summary>Waits until a dataset's vectors are in its store as the database has them; answers where.</summary>
    internal async Task<IndexCopy> CopiedAsync(string dataset)
    {
        await Eventually.HoldsAsync(async () => await AskAsync(
            $"SELECT count(*) FROM search_indexes i JOIN search_copies c ON c.id = i.copy WHERE i.dataset = '{dataset}' AND i.revision = c.revision AND i.rebuilt_to IS NULL AND NOT EXISTS (SELECT FROM search_queue q WHERE q.dataset_id = i.dataset_id)") == 1, TimeSpan.FromMinutes(1));
        return new IndexCopy(
            await AskAsync($"SELECT copy FROM search_indexes WHERE dataset = '{dataset}'"), "demo", await AskAsync($"SELECT dataset_id FROM search_indexes WHERE dataset = '{dataset}'"),
            await AskTextAsync($"SELECT c.store FROM search_indexes i JOIN search_copies c ON c.id = i.copy WHERE i.dataset = '{dataset}'"));
    }

    /// <summary>What a store has of a field: items, one for each passage.</summary>
    internal async Task<string[]> HeldAsync(IndexCopy copy, string field) =>
        [.. (await Stores.Of(copy).SearchAsync(Stores.SpaceOf(copy, field), Unit(0), 1000, CancellationToken.None)).Order(StringComparer.Ordinal)];

    /// <summary>Whether a store has a collection of a field at all, be it empty.</summary>
    internal async Task<bool> HasAsync(IndexCopy copy, string field)
    {
        var name = Stores.SpaceOf(copy, field).Name;
        if (Fakes.TryGetValue(copy.Store, out var fake)) return fake.Spaces.ContainsKey(name);
        using var client = new HttpClient { BaseAddress = _chroma.Address };
        using var answer = await client.GetAsync(new Uri($"api/v2/tenants/default_tenant/databases/default_database/collections/{name}", UriKind.Relative));
        return answer.StatusCode switch { HttpStatusCode.OK => true, HttpStatusCode.NotFound => false, var other => throw new InvalidOperationException($"Chroma answered {other}.") };
    }

    /// <summary>A vector along one of the axes.</summary>
    internal static float[] Unit(int axis)
    {
        var vector = new float[FakeVectorServer.Dimensions];
        vector[axis] = 1;
        return vector;
    }

    /// <summary>Asks the database for a number.</summary>
    public async Task<long> AskAsync(string sql) => Convert.ToInt64(await ScalarAsync(sql), CultureInfo.InvariantCulture);

    private async Task<string> AskTextAsync(string sql) => (string)(await ScalarAsync(sql))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static IEnumerable<string> Settings(string name, string provider, Uri address) =>
    [
        $"Search:Stores:{name}:Provider={provider}", $"Search:Stores:{name}:Endpoint={address}", $"Search:Stores:{name}:ApiKey={FakeVectorServer.Key}",
        $"Search:Stores:{name}:Timeout=00:01:00", $"Search:Stores:{name}:Retries={(name == "away" ? 0 : 3)}",
    ];
}

[CollectionDefinition(Name)]
public sealed class SearchStoresTestGroup : ICollectionFixture<SearchStoresFixture>
{
    public const string Name = "DataService with search stores";
}
