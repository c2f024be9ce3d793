using System.Globalization;
using AiMesh.Common.V1;
using AiMesh.Data.V1;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using FieldType = AiMesh.Data.V1.Field.Types.Type;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Tests.Stores.Migration;

/// <summary>Moves of datasets between stores, over the whole service and real engines (D7).</summary>
[Trait("Level", "Server")]
public sealed class DatasetMigrationTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private const long Gate = 987_654_321;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    [Fact]
    public async Task Move_ThroughEveryStore_KeepsEveryItem()
    {
        var id = await DefineAsync("");
        await FillAsync(id, 40);
        await Admin.UpdateAsync(id, "i0003", Fields(("title", "changed")));
        var before = await TranscriptAsync(id);
        var checksum = "";
        foreach (var store in (string[])["dynamo", "cosmos", "fire", ""])
        {
            var from = (await GetAsync(id)).Store;
            var done = await MoveAsync(id, store);
            Assert.Equal((State.Done, from, store, 40L, 40L), (done.State, done.Source, done.Target, done.TotalCount, done.CopiedCount));
            Assert.NotNull(done.EndTime);
            Assert.True(checksum.Length == 0 || checksum == done.Checksum, $"Other items after the move to {store}.");
            checksum = done.Checksum;
            Assert.Equal(before, await TranscriptAsync(id));
            var dataset = await GetAsync(id);
            Assert.Equal((store, false), (dataset.Store, dataset.Migrating));
            Assert.True(await Places.IsEmptyAsync(from, await TableAsync(id), CancellationToken.None), $"'{from}' was not emptied.");
        }

        // And it is a dataset like any other again.
        await Admin.CreateAsync(id, Fields(("title", "new")), "new");
        await Admin.DeleteAsync(id, "i0001");
        Assert.Equal(40, (await Admin.IdsAsync(id)).Length);
        Assert.Equal(
            ["data.define", "data.migrate", "data.migrated", "data.migrate", "data.migrated", "data.migrate", "data.migrated", "data.migrate", "data.migrated"],
            await ActsAsync(id));
    }

    [Fact]
    public async Task DryRun_SaysWhatItWouldDo_AndWritesNothing()
    {
        var id = await DefineAsync("");
        await FillAsync(id, 7);
        var before = await GetAsync(id);
        var plan = await Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = id, Store = "dynamo", ValidateOnly = true }, Admin.Options);
        Assert.Equal((State.Planned, 7L, 0), (plan.State, plan.TotalCount, plan.Obstacles.Count));
        Assert.Contains(plan.Losses, static loss => loss.Contains("search", StringComparison.Ordinal));
        Assert.Contains(plan.Losses, static loss => loss.Contains("bytes", StringComparison.Ordinal));
        Assert.Equal(before, await GetAsync(id));
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => StateAsync(Admin, id))).Code);
        var missing = await Assert.ThrowsAsync<ServiceDefaults.Errors.MeshException>(async () => await Places.Of("dynamo").FindAsync(await TableAsync(id), "i0001", CancellationToken.None));
        Assert.Equal(StoreLacks.Table, missing.Error);

        // Back from where more is missing than there, nothing is lost.
        var elsewhere = await DefineAsync("dynamo");
        Assert.Empty((await Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = elsewhere, Store = "", ValidateOnly = true }, Admin.Options)).Losses);
    }

    [Fact]
    public async Task WhatStandsAgainstAMove_IsSaid_AndNothingHappens()
    {
        var id = await DefineAsync("", dataset =>
        {
            dataset.Fields.Single(static field => field.Name == "title").Searchable = true;
            dataset.Fields.Single(static field => field.Name == "note").Encrypted = true;
        });
        await Admin.CreateAsync(id, Fields([.. Enumerable.Range(0, 5).Select(static i => ($"long{i}", (object?)new string('x', 90_000)))]), "large");
        var plan = await Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = id, Store = "dynamo", ValidateOnly = true }, Admin.Options);
        foreach (var word in (string[])["searchable", "encrypted", "'large'"]) Assert.Contains(plan.Obstacles, obstacle => obstacle.Contains(word, StringComparison.Ordinal));

        var refused = await Caller.FailureAsync(() => BeginAsync(id, "dynamo"));
        Assert.Equal((StatusCode.FailedPrecondition, 2), (refused.Code, refused.Violations.Length));
        Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => BeginAsync(id, "gone"))).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await Caller.FailureAsync(() => BeginAsync(id, "nowhere"))).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await Caller.FailureAsync(() => BeginAsync(id, ""))).Code);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => BeginAsync("nothing", "dynamo"))).Code);
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => data.Caller("member").Stores.MigrateDatasetAsync(
            new MigrateDatasetRequest { Dataset = id, Store = "dynamo" }, data.Caller("member").Options).ResponseAsync)).Code);
        Assert.False((await GetAsync(id)).Migrating);
    }

    [Fact]
    public async Task Move_ToWhereItemsAreAlready_IsRefused()
    {
        var (id, twin) = (await DefineAsync(""), await DefineAsync("dynamo"));
        var (table, time) = (await TableAsync(id), DateTime.UnixEpoch);
        await Places.Of("dynamo").CreateTableAsync(table, CancellationToken.None);
        await Places.Of("dynamo").WriteAsync(table, [DocumentWrite.Put(new Document("left", new Dictionary<string, object>(), "somebody", 1, time, time))], atomic: false, CancellationToken.None);
        Assert.Contains("holds items", (await Caller.FailureAsync(() => BeginAsync(id, "dynamo"))).Message, StringComparison.Ordinal);

        // Another name for the same tables: emptying the one would empty the other.
        Assert.Contains("another name", (await Caller.FailureAsync(() => BeginAsync(twin, "twin"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnItemThatTheStoreDoesNotTake_FailsTheMove_AndTheDatasetIsWrittenAgain()
    {
        var id = await DefineAsync("");
        await Admin.CreateAsync(id, Fields([.. Enumerable.Range(0, 5).Select(static i => ($"long{i}", (object?)new string('x', 90_000)))]), "large");
        var failed = await MoveAsync(id, "dynamo");
        Assert.Equal(State.Failed, failed.State);
        Assert.Contains("'large'", failed.Failure, StringComparison.Ordinal);
        Assert.Equal(("", false), ((await GetAsync(id)).Store, (await GetAsync(id)).Migrating));
        await Admin.UpdateAsync(id, "large", Fields(("title", "still here")));
    }

    [Fact]
    public async Task WhileItemsAreMoved_TheyAreReadAndNotWritten_AndTheMoveCanBeGivenUp()
    {
        var id = await DefineAsync("dynamo");
        await FillAsync(id, 10);
        var before = await TranscriptAsync(id);
        await using var gate = await ShutGateAsync(data.Database, id, "i0005");
        Assert.Equal("", (await BeginAsync(id, "")).Target);
        await Eventually.HoldsAsync(async () => (await StateAsync(Admin, id)).State == State.Copying, Patience);

        Assert.Equal(before, await TranscriptAsync(id));
        Assert.True((await GetAsync(id)).Migrating);
        Assert.False((await data.Caller("member").Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, data.Caller("member").Options)).Migrating);
        var dataset = await GetAsync(id);
        dataset.Etag = "";
        Func<Task>[] writes =
        [
            () => Admin.CreateAsync(id, Fields(("title", "lost?")), "lost"), () => Admin.UpdateAsync(id, "i0001", Fields(("title", "lost?"))), () => Admin.DeleteAsync(id, "i0001"),
            () => Admin.ImportAsync(new ImportItemsRequest { Dataset = id, Json = "{\"title\": \"lost?\"}" }),
            () => Admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset, UpdateMask = new FieldMask { Paths = { "description" } } }, Admin.Options).ResponseAsync,
            () => Admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, Admin.Options).ResponseAsync,
            () => BeginAsync(id, "cosmos"),
        ];
        foreach (var write in writes)
        {
            var refused = await Caller.FailureAsync(write);
            Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
            Assert.Contains("being moved", refused.Message, StringComparison.Ordinal);
        }

        // Half a person would stay in the other store.
        var headers = new Metadata { { "authorization", $"Bearer {data.Authority.Token("auth", "demo", permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" } };
        Assert.Equal(StatusCode.Unavailable, (await Caller.FailureAsync(() => new PersonalData.PersonalDataClient(data.Service.Channel).ErasePersonalDataAsync(
            new ErasePersonalDataRequest { Person = new Person { Id = "p", Email = "p@example.org" }, RequestId = "r", Pseudonym = "erased-x" }, headers).ResponseAsync)).Code);

        Assert.Equal(State.Undoing, (await Admin.Stores.CancelDatasetMigrationAsync(new CancelDatasetMigrationRequest { Dataset = id }, Admin.Options)).State);
        await gate.DisposeAsync();
        Assert.Equal(State.Cancelled, (await EndAsync(id)).State);

        // The first request since is a write: what it was refused by is over.
        await Admin.CreateAsync(id, Fields(("title", "first")), "first");
        await Admin.DeleteAsync(id, "first");
        Assert.Equal(("dynamo", false), ((await GetAsync(id)).Store, (await GetAsync(id)).Migrating));
        Assert.Equal(before, await TranscriptAsync(id));
        Assert.True(await Places.IsEmptyAsync("", await TableAsync(id), CancellationToken.None));
        await Admin.CreateAsync(id, Fields(("title", "written")), "written");
        Assert.Equal(["data.define", "data.migrate", "data.migrate_cancel", "data.migrate_undone"], await ActsAsync(id));

        // What ended cannot be ended again, and a later one is its own.
        Assert.Equal(State.Cancelled, (await Admin.Stores.CancelDatasetMigrationAsync(new CancelDatasetMigrationRequest { Dataset = id }, Admin.Options)).State);
        await data.Database.ExecuteAsync("DROP FUNCTION gate() CASCADE");
        Assert.Equal((State.Done, 11L), ((await MoveAsync(id, "")).State, (await StateAsync(Admin, id)).CopiedCount));
        Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => Admin.Stores.CancelDatasetMigrationAsync(new CancelDatasetMigrationRequest { Dataset = id }, Admin.Options).ResponseAsync)).Code);
    }

    [Fact]
    public async Task AnItemThatArrivesChanged_IsNoticed_AndTheMoveUndone()
    {
        var id = await DefineAsync("fire");
        await FillAsync(id, 5);
        var table = (await TableAsync(id)).Name;
        await data.Database.ExecuteAsync($$"""
            CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN NEW.fields := NEW.fields || '{"title": "spoilt"}'; RETURN NEW; END $x$;
            CREATE TRIGGER spoil BEFORE INSERT ON items.{{table}} FOR EACH ROW WHEN (NEW.id = 'i0002') EXECUTE FUNCTION spoil()
            """);
        var failed = await MoveAsync(id, "");
        Assert.Equal(State.Failed, failed.State);
        Assert.Contains("differ", failed.Failure, StringComparison.Ordinal);
        Assert.Equal("fire", (await GetAsync(id)).Store);
        Assert.Equal(5, (await Admin.IdsAsync(id)).Length);
        Assert.True(await Places.IsEmptyAsync("", await TableAsync(id), CancellationToken.None));
    }

    [Fact]
    public async Task Move_GoesOn_WhereAKilledProcessStopped()
    {
        const int Count = 1200;
        await using var database = await PostgresServer.CreateDatabaseAsync();
        var settings = StoresFixture.Settings("dynamo", DynamoDbStoreTests.Options((await StoreEngine.DynamoDbAsync()).Address), "killed-").ToArray();
        var options = new CallOptions(new Metadata { { "authorization", $"Bearer {data.Authority.Token("admin", "demo", ["admin"], ["*"], null)}" } });
        const string Dataset = "killed";
        NpgsqlConnection gate;
        await using (var service = await DataServiceProcess.StartAsync(database.ConnectionString, data.Authority, settings))
        {
            var stores = new Data.V1.Stores.StoresClient(service.Channel);
            await new Data.V1.Datasets.DatasetsClient(service.Channel).CreateDatasetAsync(new CreateDatasetRequest { DatasetId = Dataset, Dataset = Definition("dynamo") }, options);
            await new Data.V1.Items.ItemsClient(service.Channel).ImportItemsAsync(new ImportItemsRequest { Dataset = Dataset, Json = Rows(Count), IdField = "id", SkipInvalid = true }, options);
            gate = await ShutGateAsync(database, Dataset, "i0600");
            await stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = Dataset }, options);
            await Eventually.HoldsAsync(async () => (await stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = Dataset }, options)).CopiedCount == 500, Patience);
            service.Kill();
        }

        await gate.DisposeAsync();
        await using (var service = await DataServiceProcess.StartAsync(database.ConnectionString, data.Authority, settings))
        {
            var stores = new Data.V1.Stores.StoresClient(service.Channel);
            var migration = new DatasetMigration();
            await Eventually.HoldsAsync(async () => (migration = await stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = Dataset }, options)).EndTime is not null, Patience);

            // Begun anew it would have counted the first ones twice.
            Assert.Equal((State.Done, (long)Count, (long)Count), (migration.State, migration.TotalCount, migration.CopiedCount));
            var items = new Data.V1.Items.ItemsClient(service.Channel);
            var count = await items.AggregateItemsAsync(new AggregateItemsRequest { Dataset = Dataset, Aggregations = { new AggregateItemsRequest.Types.Aggregation { Function = AggregateItemsRequest.Types.Function.Count } } }, options);
            Assert.Contains(Count.ToString(CultureInfo.InvariantCulture), count.ToString(), StringComparison.Ordinal);
            await items.CreateItemAsync(new CreateItemRequest { Dataset = Dataset, Item = new Item { Fields = Fields(("title", "after")) } }, options);
        }
    }

    private StorePlaces Places => data.Service.Host.Services.GetRequiredService<StorePlaces>();

    // Inserts from an id on wait until the connection is closed.
    private static async Task<NpgsqlConnection> ShutGateAsync(PostgresDatabase database, string dataset, string from)
    {
        var gate = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await gate.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT id FROM datasets WHERE name = '{dataset}'", gate);
        var id = (long)(await command.ExecuteScalarAsync())!;
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            SELECT pg_advisory_lock({Gate});
            CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); RETURN NEW; END $x$;
            CREATE TRIGGER gate BEFORE INSERT ON items.d{id} FOR EACH ROW WHEN (NEW.id >= '{from}') EXECUTE FUNCTION gate()
            """);
        await command.ExecuteNonQueryAsync();
        return gate;
    }

    private static Dataset Definition(string store)
    {
        var dataset = Dataset(
            [
                Field("title"), Field("size", FieldType.Integer), Field("rating", FieldType.Number), Field("note", visibleTo: "admin"), Field("made", FieldType.Timestamp), Field("done", FieldType.Boolean),
                Field("tags", FieldType.StringList), .. Enumerable.Range(0, 5).Select(static i => Field($"long{i}")),
            ],
            Admins, Rule("member", "size > 3"));
        dataset.Store = store;
        return dataset;
    }

    private static string Rows(int count) => string.Join('\n', Enumerable.Range(0, count).Select(static i =>
        $$"""{"id": "i{{i:D4}}", "title": "{{(i % 7 == 0 ? "é😀" : "t")}}{{i}}", "note": "\"\\{{i}}", "tags": ["{{(i % 2 == 0 ? "even" : "odd")}}"]{{(i % 4 == 0 ? "" : $", \"size\": {i}")}}{{(i % 6 == 0 ? ", \"rating\": -0.0" : FormattableString.Invariant($", \"rating\": {i / 8.0}"))}}, "made": "2026-11-21T10:{{i % 60:D2}}:00.000001Z", "done": {{(i % 2 == 0 ? "true" : "false")}}}"""));

    private async Task<string> DefineAsync(string store, Action<Dataset>? change = null)
    {
        var (id, definition) = (FormattableString.Invariant($"moved-{Interlocked.Increment(ref _datasets)}"), Definition(store));
        change?.Invoke(definition);
        await Admin.DefineAsync(id, definition);
        return id;
    }

    private Task<ImportItemsResponse> FillAsync(string id, int count) => Admin.ImportAsync(new ImportItemsRequest { Dataset = id, Json = Rows(count), IdField = "id", SkipInvalid = true });

    private Task<Dataset> GetAsync(string id) => Admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, Admin.Options).ResponseAsync;

    private Task<DatasetMigration> BeginAsync(string id, string store) => Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = id, Store = store }, Admin.Options).ResponseAsync;

    private static Task<DatasetMigration> StateAsync(Caller caller, string id) => caller.Stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = id }, caller.Options).ResponseAsync;

    private async Task<DatasetMigration> MoveAsync(string id, string store)
    {
        await BeginAsync(id, store);
        return await EndAsync(id);
    }

    private async Task<DatasetMigration> EndAsync(string id)
    {
        var migration = new DatasetMigration();
        await Eventually.HoldsAsync(async () => (migration = await StateAsync(Admin, id)).EndTime is not null, Patience);
        return migration;
    }

    private async Task<DocumentTable> TableAsync(string id) => new(
        FormattableString.Invariant($"d{await AskAsync<long>($"SELECT id FROM datasets WHERE name = '{id}'")}"), "demo",
        System.Collections.Frozen.FrozenDictionary<string, ServiceDefaults.Policy.PolicyType>.Empty);

    // For somebody who sees all of it, with etags, and for somebody who does not: their etags follow from how a store writes what they see.
    private async Task<string> TranscriptAsync(string id)
    {
        var seen = (await data.Caller("member").ListAsync(id)).Items;
        foreach (var item in seen) item.Etag = "";
        return string.Join('\n', (await Admin.ListAsync(id)).Items.Concat(seen).Select(static item => item.ToString()));
    }

    private async Task<string[]> ActsAsync(string id)
    {
        await using var connection = new NpgsqlConnection(data.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"SELECT array_agg(action ORDER BY sequence) FROM audit_events WHERE target = '{id}' AND (action LIKE 'data.migrate%' OR action = 'data.define')", connection);
        return (string[])(await command.ExecuteScalarAsync())!;
    }

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(data.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
