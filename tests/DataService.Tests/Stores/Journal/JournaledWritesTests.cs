using AiMesh.Data.V1;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Journal;
using AiMesh.DataService.Tests.Events;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Stores.Journal;

/// <summary>What is noted of a write, when, and what of it is told (decision 30).</summary>
[Trait("Level", "Server")]
public sealed class JournaledWritesTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    private StoreJournal Journal => data.Service.Host.Services.GetRequiredService<StoreJournal>();

    private JournalSettler Settler => data.Service.Host.Services.GetRequiredService<JournalSettler>();

    [Fact]
    public async Task Write_ReachesItsStore_AfterItsNote_ItsAccessAndItsLock()
    {
        var id = await DefineAsync();
        await using var reader = await DyingWriter.StartAsync(data, id);
        var store = new StoreThatAnswers(async writes =>
        {
            // As others see it: committed.
            Assert.Equal("a", await AskAsync<string>($"SELECT string_agg(item_id, ',') FROM store_journal WHERE dataset = '{id}'"));
            Assert.Equal(1L, await AskAsync<long>($"SELECT (SELECT count(*) FROM access_inbox WHERE dataset = '{id}') + (SELECT count(*) FROM audit_events WHERE target = '{id}' AND action = 'data.create')"));
            Assert.Equal(0L, await AskAsync<long>($"SELECT count(*) FROM events WHERE dataset = '{id}' AND item_id IS NOT NULL"));

            // Somebody is at it, so nobody settles it.
            await Settler.SettleAsync(await AskAsync<long>($"SELECT operation FROM store_journal WHERE dataset = '{id}'"), CancellationToken.None);
            Assert.Equal(1L, await AskAsync<long>($"SELECT count(*) FROM store_journal WHERE dataset = '{id}'"));
            return [.. writes.Select(static _ => true)];
        });
        var admin = new Principal { Kind = PrincipalKind.User, Subject = "admin", Organisation = "demo", TokenId = "t", Roles = ["admin"], Permissions = PermissionSet.Create("*") };
        var entry = AccessEntry.Of(admin, reader.Dataset.ViewFor(admin), "create", Action.Create);
        await data.Service.Host.Services.GetRequiredService<DocumentScope>().WriteAsync(
            entry, reader.Dataset, 1, journal => journal.RunAsync(store, [new JournalNote(null, DyingWriter.New("a", "t"))], atomic: false, CancellationToken.None), CancellationToken.None);
        Assert.Equal(1, store.Calls);
        Assert.Equal((0L, "a"), (await AskAsync<long>($"SELECT count(*) FROM store_journal WHERE dataset = '{id}'"), await AskAsync<string>($"SELECT string_agg(item_id, ',') FROM events WHERE dataset = '{id}' AND item_id IS NOT NULL")));
    }

    [Fact]
    public async Task Import_OfIdsThatAreTaken_TellsOfTheOthersAlone()
    {
        var id = await DefineAsync();
        await Admin.CreateAsync(id, Fields(("title", "t")), "taken");
        await using var watcher = await Watcher.StartAsync(Admin, id);
        await Admin.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "id,title\ntaken,u\nzz-free,u\n", IdField = "id", SkipInvalid = true });
        Assert.Equal("Created zz-free", await watcher.NextAsync());
        Assert.Equal("t", (await Admin.GetAsync(id, "taken")).Fields.Fields["title"].StringValue);
    }

    [Fact]
    public async Task Writes_OfWhichAllOrNoneWereToBeMade_AndOneWasNot_AreNotTold()
    {
        await using var writer = await DyingWriter.StartAsync(data, await DefineAsync());
        var done = await Writes(writer).RunAsync(new StoreThatAnswers(static _ => Task.FromResult<bool[]>([true, false])), Notes("a", "b"), atomic: true, CancellationToken.None);
        Assert.Equal([true, false], done);
        Assert.False(await writer.HasNotesAsync());
        Assert.Equal(0L, await AskAsync<long>($"SELECT count(*) FROM events WHERE dataset = '{writer.Dataset.Definition.Id}' AND item_id IS NOT NULL"));
    }

    [Fact]
    public async Task Write_ThatNobodyAnswered_StaysNoted()
    {
        await using var writer = await DyingWriter.StartAsync(data, await DefineAsync());
        var lost = new StoreThatAnswers(static _ => throw new MeshException(new Unavailable("the store")));
        await Assert.ThrowsAsync<MeshException>(() => Writes(writer).RunAsync(lost, Notes("a"), atomic: false, CancellationToken.None));
        Assert.True(await writer.HasNotesAsync());
    }

    [Fact]
    public async Task Notes_OfWhichOneMeetsAnother_LeaveNoneBehind()
    {
        var id = await DefineAsync();
        await using var first = await DyingWriter.StartAsync(data, id);
        await using var second = await DyingWriter.StartAsync(data, id);
        await first.NoteAsync(Notes("b")[0]);
        Assert.Equal(first.Operation, await Journal.NoteAsync(second.Dataset, second.Operation, Notes("a", "b", "c"), CancellationToken.None));
        Assert.False(await second.HasNotesAsync());
    }

    [Fact]
    public async Task Change_ThatItsStoreNeverTakes_IsDroppedAndNotTold()
    {
        // What DynamoDB says of an item that is too large, for example. An item of which there is a note can be neither written nor erased.
        await using var narrow = await FakeStore.StartAsync(static (request, _) => request.Headers["X-Amz-Target"].Split('.')[1] switch
        {
            "CreateTable" => new FakeAnswer(200, """{"TableDescription":{"TableName":"t","TableStatus":"ACTIVE"}}"""),
            "DescribeTable" => new FakeAnswer(200, """{"Table":{"TableName":"t","TableStatus":"ACTIVE"}}"""),
            "PutItem" => new FakeAnswer(400, """{"__type":"com.amazon.coral.validate#ValidationException","message":"Item size has exceeded the maximum allowed size"}"""),
            _ => new FakeAnswer(200, "{}"),
        });
        await using var database = await PostgresServer.CreateDatabaseAsync();
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, data.Authority, StoresFixture.Settings("narrow", DynamoDbStoreTests.Options(narrow.Address), "n-"));
        var (admin, dataset) = (new Caller(service, data.Authority.Token("admin", "demo", ["admin"], ["*"], null), "admin"), Dataset([Field("title")], Admins));
        dataset.Store = "narrow";
        await admin.DefineAsync("narrow", dataset);
        Assert.Equal(StatusCode.Internal, (await Caller.FailureAsync(() => admin.CreateAsync("narrow", Fields(("title", "t")), "a"))).Code);
        await Eventually.HoldsAsync(async () => await AskAsync<long>("SELECT count(*) FROM store_journal", database) == 0, TimeSpan.FromSeconds(60));
        Assert.Equal(0L, await AskAsync<long>("SELECT count(*) FROM events WHERE item_id IS NOT NULL", database));
    }

    [Fact]
    public async Task Journal_IsOutOfReachForRequests() =>
        Assert.False(await AskAsync<bool>(
            """
            SELECT bool_or(has_table_privilege(r.rolname, 'store_journal', p) OR has_table_privilege(r.rolname, 'events', p) AND p <> 'SELECT')
            FROM pg_roles r, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p WHERE r.rolname = current_database() || '_api'
            """));

    private JournaledWrites Writes(DyingWriter writer) => new(Journal, Settler, writer.Dataset, writer.Operation);

    private static JournalNote[] Notes(params string[] ids) => [.. ids.Select(static id => new JournalNote(null, DyingWriter.New(id, "t")))];

    private async Task<T> AskAsync<T>(string sql, PostgresDatabase? database = null)
    {
        await using var connection = new NpgsqlConnection((database ?? data.Database).ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string> DefineAsync()
    {
        var (id, dataset) = (FormattableString.Invariant($"noted-{Interlocked.Increment(ref _datasets)}"), Dataset([Field("title")], Admins));
        dataset.Store = "dynamo";
        await Admin.DefineAsync(id, dataset);
        return id;
    }

    /// <summary>Keeps nothing, and answers writes as a test says.</summary>
    private sealed class StoreThatAnswers(Func<IReadOnlyList<DocumentWrite>, Task<bool[]>> answer) : IDocumentStore
    {
        public int Calls { get; private set; }

        public StoreCapabilities Capabilities { get; } = new("answering", 1, 1, 1, FindsOwners: true);

        public Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken) => Task.FromResult<Document?>(null);

        public IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, CancellationToken cancellationToken) => AsyncEnumerable.Empty<Document>();

        public async Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken)
        {
            Calls++;
            return await answer(writes);
        }

        public Task PingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
