using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Privacy;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.DynamoDb;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Tests.Stores.Privacy;

/// <summary>A10 in the other stores: a person is gone from all of them before anybody is told so.</summary>
[Trait("Level", "Server")]
public sealed class StoreErasureTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly StorePerson _erika = new(data.Authority);

    private StorePlaces Places => data.Service.Host.Services.GetRequiredService<StorePlaces>();

    [Theory]
    [MemberData(nameof(StoreItemsTests.Elsewhere), MemberType = typeof(StoreItemsTests))]
    public async Task Erase_LeavesTheSame_AsInPostgreSql(string store)
    {
        var channel = data.Service.Channel;
        string[] kinds = ["", "-kept", "-owned"];
        foreach (var (id, place) in ((string, string)[])[("here", ""), ("there", store)])
        {
            await _erika.DefineAsync(channel, id, place);
            await _erika.DefineAsync(channel, $"{id}-kept", place, static dataset => dataset.KeepRowsOfErased = true);
            await _erika.DefineAsync(channel, $"{id}-owned", place, static dataset => dataset.SubjectField = "");
            foreach (var kind in kinds) await _erika.FillAsync(channel, $"{id}{kind}");
        }

        var counts = await _erika.EraseWhollyAsync(channel);
        Assert.Equal(((4, 0), (3, 1), (2, 0)), (counts["items/there"], counts["items/there-kept"], counts["items/there-owned"]));
        foreach (var kind in kinds)
        {
            Assert.Equal(counts[$"items/here{kind}"], counts[$"items/there{kind}"]);
            Assert.Equal(await SayAsync($"here{kind}"), await SayAsync($"there{kind}"));
        }

        Assert.Equal(["other", "other-bare", "zz-other"], await _erika.IdsAsync(channel, "there"));
        var kept = (await _erika.DocumentsAsync(Places.Of(store), data.Database, "there-kept")).Single(static document => document.Id == "mine");
        Assert.Equal((StorePerson.Pseudonym, 2), (kept.Owner, kept.Version));
        Assert.Equal(
            $"Entered by {StorePerson.Pseudonym} <{StorePerson.Pseudonym}>, see {StorePerson.Pseudonym}.",
            (await _erika.ItemsAsync(channel, "there-kept")).Single(static item => item.Name.EndsWith("/mine", StringComparison.Ordinal)).Fields.Fields["text"].StringValue);
        Assert.Equal(0, await StorePerson.AskAsync<long>(data.Database, $"SELECT count(*) FROM document_erasures WHERE organisation = '{_erika.Organisation}'"));

        async Task<string> SayAsync(string dataset) => string.Join('\n', (await _erika.ItemsAsync(channel, dataset)).Select(static item =>
            $"{item.Name.Split('/')[^1]} {string.Join(' ', item.Fields.Fields.OrderBy(static field => field.Key, StringComparer.Ordinal))}"));
    }

    [Fact]
    public async Task Erase_StaysWithinTheOrganisation_AndIsInTheAudit()
    {
        var other = new StorePerson(data.Authority);
        foreach (var person in (StorePerson[])[_erika, other])
        {
            await person.DefineAsync(data.Service.Channel, "there", "fire");
            await person.FillAsync(data.Service.Channel, "there");
        }

        await StorePerson.CreateAsync(data.Service.Channel, "there", "about-a-stranger", other.Admin, Fields(("contact", _erika.Id)));
        await _erika.EraseWhollyAsync(data.Service.Channel);
        Assert.Equal(8, (await other.IdsAsync(data.Service.Channel, "there")).Length);
        Assert.Equal("fire 4 0", await StorePerson.AskAsync<string>(data.Database,
            $"SELECT concat_ws(' ', detail ->> 'store', detail ->> 'erased', detail ->> 'pseudonymised') FROM audit_events WHERE organisation = '{_erika.Organisation}' AND action = 'data.erase'"));
        Assert.Equal(0, await StorePerson.AskAsync<long>(data.Database, $"SELECT count(*) FROM audit_events WHERE organisation = '{other.Organisation}' AND action = 'data.erase'"));
    }

    [Fact]
    public async Task WhileAStoreIsAway_NothingIsSaidToBeDone_AndTheRestIsErased()
    {
        await using var proxy = new FaultyProxy { TargetPort = (await StoreEngine.DynamoDbAsync()).Address.Port };
        await using var database = await PostgresServer.CreateDatabaseAsync();
        var options = DynamoDbStoreTests.Options(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{proxy.Port}")));
        options.Retries = 0;
        await using var service = await DataServiceHost.StartAsync(database.ConnectionString, data.Authority, StoresFixture.Settings("line", options, $"line{Environment.ProcessId}-"));
        foreach (var (id, store) in ((string, string)[])[("a-there", "line"), ("b-here", "")])
        {
            await _erika.DefineAsync(service.Channel, id, store);
            await _erika.FillAsync(service.Channel, id);
        }

        proxy.Line = Line.Cut;
        Assert.Equal("STORE_UNAVAILABLE", await StorePerson.RefusalAsync(() => _erika.EraseAsync(service.Channel)));
        Assert.Equal("STORE_UNAVAILABLE", await StorePerson.RefusalAsync(() => _erika.ExportAsync(service.Channel)));
        Assert.Equal(["other", "other-bare", "zz-other"], await _erika.IdsAsync(service.Channel, "b-here"));

        // What leads to the person is there as long as something of theirs is.
        Assert.True(await StorePerson.AskAsync<bool>(
            database, $"SELECT EXISTS (SELECT FROM audit_people WHERE subject = '{_erika.Id}') OR EXISTS (SELECT FROM access_inbox WHERE subject = '{_erika.Id}')"));

        proxy.Line = Line.Whole;
        var counts = await _erika.EraseWhollyAsync(service.Channel);
        Assert.Equal(((4, 0), (4, 0)), (counts["items/a-there"], counts["items/b-here"]));
        Assert.Equal(["other", "other-bare", "zz-other"], await _erika.IdsAsync(service.Channel, "a-there"));
    }

    [Fact]
    public async Task WhereTheTableOrTheStoreIsUnknown_NothingIsSaidToBeDone()
    {
        await _erika.DefineAsync(data.Service.Channel, "there", "dynamo");
        await Places.Of("dynamo").DropTableAsync(await _erika.TableAsync(data.Database, "there"), CancellationToken.None);
        Assert.Equal("STORE_UNAVAILABLE", await StorePerson.RefusalAsync(() => _erika.EraseAsync(data.Service.Channel)));

        // As where the configuration does not have it any more.
        await data.Database.ExecuteAsync($$"""UPDATE datasets SET definition = jsonb_set(definition, '{store}', '"removed"') WHERE organisation = '{{_erika.Organisation}}'""");
        Assert.Equal("STORE_UNAVAILABLE", await StorePerson.RefusalAsync(() => _erika.EraseAsync(data.Service.Channel)));
        Assert.Equal("STORE_UNAVAILABLE", await StorePerson.RefusalAsync(() => _erika.ExportAsync(data.Service.Channel)));
    }

    [Fact]
    public async Task Erase_OfAProcessThatIsKilled_IsFinishedByTheNext_AndCountsEverything()
    {
        const int Count = 1500;
        await using var database = await PostgresServer.CreateDatabaseAsync();
        var settings = StoresFixture.Settings("dynamo", DynamoDbStoreTests.Options((await StoreEngine.DynamoDbAsync()).Address), $"slain{Environment.ProcessId}-").ToArray();
        using var store = new DynamoDbStore(Options());
        await using (var service = await DataServiceProcess.StartAsync(database.ConnectionString, data.Authority, settings))
        {
            await _erika.DefineAsync(service.Channel, "there", "dynamo");
            var rows = string.Join('\n', Enumerable.Range(0, Count).Select(i => $$"""{"id": "i{{i:D4}}", "text": "t", "contact": "{{(i % 3 == 0 ? _erika.Email : "otto@people.example")}}"}"""));
            await new Data.V1.Items.ItemsClient(service.Channel).ImportItemsAsync(new ImportItemsRequest { Dataset = "there", Json = rows, IdField = "id", SkipInvalid = true }, _erika.Admin);

            // Killed when the store has done it, and before that is noted.
            await using var gate = await DatabaseGate.ShutAsync(database, "document_erasures", "cardinality(OLD.pending) > 0 AND cardinality(NEW.pending) = 0");
            var erasing = _erika.EraseAsync(service.Channel);
            await gate.ReachedAsync(erasing);
            Assert.Equal(Count - 200, (await _erika.DocumentsAsync(store, database, "there")).Count);
            service.Kill();
            await Assert.ThrowsAsync<RpcException>(() => erasing);
        }

        await using (var service = await DataServiceProcess.StartAsync(database.ConnectionString, data.Authority, settings))
        {
            var counts = await _erika.EraseWhollyAsync(service.Channel);
            Assert.Equal((Count / 3, 0), counts["items/there"]);
        }

        Assert.Equal(Count - Count / 3, (await _erika.DocumentsAsync(store, database, "there")).Count);

        StoreOptions Options()
        {
            var options = DynamoDbStoreTests.Options(new Uri(settings.Single(static setting => setting.Contains(":Endpoint=", StringComparison.Ordinal)).Split('=', 2)[1]));
            options.Prefix = $"slain{Environment.ProcessId}-";
            return options;
        }
    }

    [Fact]
    public async Task Erase_GoesOnWhereItWas_UnlessTheDefinitionIsAnother()
    {
        await _erika.DefineAsync(data.Service.Channel, "there", "dynamo");
        await _erika.FillAsync(data.Service.Channel, "there");
        var number = await _erika.NumberAsync(data.Database, "there");
        var (version, request) = (await StorePerson.AskAsync<long>(data.Database, $"SELECT version FROM datasets WHERE id = {number}"), $"request {_erika.Organisation}");
        var all = await _erika.IdsAsync(data.Service.Channel, "there");

        // Nothing before the place where another process stopped is looked at in this turn; it is in the next, from the beginning.
        await NoteAsync(version, "zz");
        await _erika.EraseAsync(data.Service.Channel);
        Assert.Equal(all, await _erika.IdsAsync(data.Service.Channel, "there"));

        // The place says nothing where other items may be the person's.
        await NoteAsync(version - 1, "zz");
        await _erika.EraseAsync(data.Service.Channel);
        Assert.Equal(3, (await _erika.IdsAsync(data.Service.Channel, "there")).Length);

        Task NoteAsync(long version, string place) => data.Database.ExecuteAsync(FormattableString.Invariant(
            $"INSERT INTO document_erasures (request_id, dataset_id, organisation, version, looked_to) VALUES ('{request}', {number}, '{_erika.Organisation}', {version}, '{place}')"));
    }

    [Theory]
    [MemberData(nameof(StoreItemsTests.Elsewhere), MemberType = typeof(StoreItemsTests))]
    public async Task WhatSomebodyWroteMeanwhile_IsNotRemovedUnread_AndLookedAtAgain(string store)
    {
        await _erika.DefineAsync(data.Service.Channel, "there", store);
        await StorePerson.CreateAsync(data.Service.Channel, "there", "a", _erika.Admin, Fields(("contact", _erika.Email)));
        await StorePerson.CreateAsync(data.Service.Channel, "there", "b", _erika.Admin, Fields(("contact", _erika.Email)));
        Task<Common.V1.ErasePersonalDataResponse> erasing;
        await using (var gate = await DatabaseGate.ShutAsync(data.Database, "document_erasures", "cardinality(NEW.pending) > 0"))
        {
            erasing = _erika.EraseAsync(data.Service.Channel);
            await gate.ReachedAsync(erasing);
            await new Data.V1.Items.ItemsClient(data.Service.Channel).UpdateItemAsync(
                new UpdateItemRequest { Dataset = "there", ItemId = "a", Item = new Item { Fields = Fields(("contact", "otto@people.example")) } }, _erika.Admin);
        }

        var first = await erasing;
        Assert.Equal((1, 0), Counts(first));
        Assert.True(first.Found > 1, "What was missed is not looked at again.");
        Assert.Equal(["a"], await _erika.IdsAsync(data.Service.Channel, "there"));
        Assert.Equal((1, 0), (await _erika.EraseWhollyAsync(data.Service.Channel))["items/there"]);

        static (long, long) Counts(Common.V1.ErasePersonalDataResponse answer) => answer.Stores.Where(static count => count.Store == "items/there").Select(static count => (count.Erased, count.Pseudonymised)).Single();
    }

    [Fact]
    public async Task Erase_WaitsForAWriteThatIsUnderWay()
    {
        await _erika.DefineAsync(data.Service.Channel, "there", "dynamo");
        var (number, table) = (await _erika.NumberAsync(data.Database, "there"), await _erika.TableAsync(data.Database, "there"));
        await using var writer = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(data.Database.ConnectionString) { Pooling = false }.ConnectionString);
        await writer.OpenAsync();
        await using (var share = new NpgsqlCommand(FormattableString.Invariant($"SELECT pg_advisory_lock_shared({number})"), writer)) await share.ExecuteNonQueryAsync();

        var erasing = _erika.EraseAsync(data.Service.Channel);
        await Eventually.HoldsAsync(() => StorePerson.AskAsync<bool>(data.Database, FormattableString.Invariant($"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = {number})")));
        Assert.False(erasing.IsCompleted);
        var now = DocumentTime.Cut(DateTime.UtcNow);
        await Places.Of("dynamo").WriteAsync(table, [DocumentWrite.Put(new Document("late", new Dictionary<string, object>(), _erika.Id, 1, now, now))], atomic: false, CancellationToken.None);
        await writer.DisposeAsync();
        await erasing;
        Assert.Empty(await _erika.IdsAsync(data.Service.Channel, "there"));
    }

    [Fact]
    public async Task WhileTheOldStoreIsNotEmptied_NothingIsSaidToBeDone()
    {
        await _erika.DefineAsync(data.Service.Channel, "moved", "dynamo");
        await _erika.FillAsync(data.Service.Channel, "moved");
        var stores = new Data.V1.Stores.StoresClient(data.Service.Channel);
        await using (var gate = await DatabaseGate.ShutAsync(data.Database, "dataset_migrations", "NEW.state = 'done'"))
        {
            await stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = "moved" }, _erika.Admin);
            await gate.ReachedAsync(Task.Delay(Patience));
            Assert.Equal(State.Cleaning, (await stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = "moved" }, _erika.Admin)).State);
            Assert.Equal(7, (await _erika.DocumentsAsync(Places.Of("dynamo"), data.Database, "moved")).Count);
            Assert.Equal("DATASET_MIGRATING", await StorePerson.RefusalAsync(() => _erika.EraseAsync(data.Service.Channel)));
            Assert.Equal(7, (await _erika.IdsAsync(data.Service.Channel, "moved")).Length);
        }

        await Eventually.HoldsAsync(async () => (await stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = "moved" }, _erika.Admin)).EndTime is not null, Patience);
        Assert.Equal((4, 0), (await _erika.EraseWhollyAsync(data.Service.Channel))["items/moved"]);

        Assert.Equal(3, (await _erika.IdsAsync(data.Service.Channel, "moved")).Length);
    }

    [Fact]
    public async Task WhatADatasetLeftBehindInEvents_IsEmptied_WhereverItIsNow()
    {
        await _erika.DefineAsync(data.Service.Channel, "moved", "");
        await _erika.FillAsync(data.Service.Channel, "moved");
        var stores = new Data.V1.Stores.StoresClient(data.Service.Channel);
        await stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = "moved", Store = "cosmos" }, _erika.Admin);
        await Eventually.HoldsAsync(async () => (await stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = "moved" }, _erika.Admin)).EndTime is not null, Patience);
        Assert.NotEmpty(await ScanAsync());
        await _erika.EraseWhollyAsync(data.Service.Channel);
        Assert.Empty(await ScanAsync());
        Assert.Equal(["other", "other-bare", "zz-other"], await _erika.IdsAsync(data.Service.Channel, "moved"));

        // Her address is also a part of somebody else's.
        Task<IReadOnlyList<string>> ScanAsync() => PersonScan.FindAsync(data.Database.ConnectionString, _erika.Id);
    }

    [Fact]
    public async Task AScan_IsHeldByOneAtATime()
    {
        await _erika.DefineAsync(data.Service.Channel, "there", "dynamo");
        var owner = data.Service.Host.Services.GetRequiredKeyedService<NpgsqlDataSource>(Microsoft.Extensions.Hosting.MeshDatabaseExtensions.OwnerKey);
        var dataset = (await data.Service.Host.Services.GetRequiredService<PersonalDatasets>().ListAsync(_erika.Organisation, CancellationToken.None)).Single();
        await using (await ErasureScan.BeginAsync(owner, dataset, "request", CancellationToken.None))
        {
            await using var other = await ErasureScan.BeginAsync(owner, dataset, "another", CancellationToken.None);
            var refused = await Assert.ThrowsAsync<MeshException>(() => ErasureScan.BeginAsync(owner, dataset, "request", CancellationToken.None));
            Assert.IsType<ErasureBusy>(refused.Error);
        }

        await using var later = await ErasureScan.BeginAsync(owner, dataset, "request", CancellationToken.None);
    }
}
