using System.Collections.Frozen;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Cosmos;
using AiMesh.DataService.Stores.DynamoDb;
using AiMesh.DataService.Stores.Firestore;
using AiMesh.DataService.Stores.Postgres;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.Testing;
using Npgsql;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>
/// Random rules, filters, callers and rows: from every store come at least the rows that the evaluator lets through, in order, and after it exactly these. Together with
/// PolicyAgreementTests, where the evaluator, queries and row-level security of PostgreSQL agree, all compilers agree.
/// </summary>
[Trait("Level", "Server")]
public sealed class StoreAgreementTests
{
    private const int Rows = 60;
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1";

    private static readonly FrozenDictionary<string, PolicyType> Fields = RandomPolicies.Fields.ToFrozenDictionary();

    [Fact]
    public async Task DynamoDb_SeesWhatTheEvaluatorSees() => await AgreeAsync(new DynamoDbStore(DynamoDbStoreTests.Options((await StoreEngine.DynamoDbAsync()).Address)), IsFull ? 1500 : 120, exact: 0.5);

    [Fact]
    public async Task CosmosDb_SeesWhatTheEvaluatorSees() =>
        await AgreeAsync(new CosmosStore(CosmosStoreTests.Options((await StoreEngine.CosmosDbAsync()).Address), TimeProvider.System), IsFull ? 1000 : 60, exact: 0.5);

    [Fact]
    public async Task Firestore_SeesWhatTheEvaluatorSees() =>
        await AgreeAsync(new FirestoreStore(FirestoreStoreTests.Options((await StoreEngine.FirestoreAsync()).Address), TimeProvider.System), IsFull ? 1500 : 120, exact: 0.05);

    [Fact]
    public async Task Postgres_SeesWhatTheEvaluatorSees()
    {
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE SCHEMA items");
        await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
        await AgreeAsync(new PostgresStore(dataSource), IsFull ? 1500 : 120, exact: 1);
    }

    /// <param name="store">Which one.</param>
    /// <param name="rules">How many.</param>
    /// <param name="exact">Which part of the rules the store must decide by itself, so that leaving all to the memory would not pass.</param>
    private static async Task AgreeAsync(IDocumentStore store, int rules, double exact)
    {
        using var disposable = store as IDisposable;
        var random = new RandomPolicies(4711);
        var table = new DocumentTable(FormattableString.Invariant($"agree{Environment.ProcessId}"), "tenant", Fields);
        await store.CreateTableAsync(table, CancellationToken.None);
        var time = new DateTime(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);
        var documents = Enumerable.Range(0, Rows).Select(i =>
        {
            var row = random.Row();
            return new Document(FormattableString.Invariant($"r{i:D3}"), row.Values, row.Owner ?? "", 1, time, time);
        }).ToArray();
        await store.WriteAsync(table, [.. documents.Select(DocumentWrite.Put)], atomic: false, CancellationToken.None);
        var (hits, alone) = (0, 0);
        for (var i = 0; i < rules; i++)
        {
            var (rule, filter, caller) = (random.Rule(), random.Rule(1), random.Caller());
            var condition = PolicyExpression.AllOf(
                PolicyParser.Parse(rule, PolicySchema.ForRule(RandomPolicies.Fields)).Expression!, PolicyParser.Parse(filter, PolicySchema.ForRule(RandomPolicies.Fields)).Expression!);
            var query = new DocumentQuery(condition, caller) { Fields = i % 2 == 0 ? null : ["title"], Expected = i % 3 == 0 ? 7 : 1000 };
            var expected = documents.Where(query.Matches).Select(static document => document.Id).ToArray();

            // The same without the caller's attributes in it.
            var bound = query with { Condition = query.Bound() };
            Assert.True(expected.SequenceEqual(documents.Where(bound.Matches).Select(static document => document.Id)), $"binding changes {rule} AND {filter} for {caller}");

            var found = new List<Document>();
            await foreach (var document in store.QueryAsync(table, query, CancellationToken.None)) found.Add(document);
            var seen = found.Where(query.Matches).Select(static document => document.Id);
            Assert.True(expected.SequenceEqual(seen), $"the store differs: {rule} AND {filter} for {caller}: {string.Join(' ', expected)} but {string.Join(' ', seen)}");
            hits += expected.Length;
            if (found.Count == expected.Length) alone++;
        }

        await store.DropTableAsync(table, CancellationToken.None);
        Assert.InRange(hits, rules * Rows / 20, rules * Rows * 19 / 20);
        Assert.True(alone >= rules * exact, $"only {alone} of {rules} rules were decided by the store alone");
    }
}
