using AiMesh.Data.V1;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Stores.Backup;
using AiMesh.ServiceDefaults.Privacy;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Field = AiMesh.Data.V1.Field;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>What else happens to datasets with a search store: moves between stores, backups, erasures of people, deletion (D7, D9, A10).</summary>
[Trait("Level", "Server")]
[Collection(SearchStoresTestGroup.Name)]
public sealed class SearchedDatasetTests(SearchStoresFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Titles = ["astronauts on the moon", "an apple cake with butter", "the bearing of a pump", "interest rates of a bank", "puppies and kittens"];

    public static TheoryData<string> Every => [.. SearchStoresFixture.Names];

    private Caller Admin => fixture.Caller();

    [Fact]
    public async Task Move_OutAndBack_IsSearchedRightlyOrNotAtAll()
    {
        var id = await FilledAsync("chroma");
        var (copy, before) = (await fixture.CopiedAsync(id), await RankedAsync(id, "a rocket"));
        Assert.Equal(5, before.Length);

        // With fields that are searched it stays where it is, and so does everything else.
        var refused = await Caller.FailureAsync(() => BeginAsync(id, "dynamo"));
        Assert.Equal((StatusCode.FailedPrecondition, true), (refused.Code, refused.Violations.Any(static violation => violation.Contains("searchable", StringComparison.Ordinal))));
        Assert.Equal(before, await RankedAsync(id, "a rocket"));

        await SearchableAsync(id, searchable: false);
        await Eventually.HoldsAsync(async () => !await fixture.HasAsync(copy, "title"), Patience);
        await MoveAsync(id, "dynamo");
        var elsewhere = await Caller.FailureAsync(() => Admin.SearchAsync(id, "a rocket", 1));
        Assert.Equal((StatusCode.FailedPrecondition, "The store of the dataset (other than PostgreSQL) cannot do this."), (elsewhere.Code, elsewhere.Message));
        Assert.Contains("searchable", (await Caller.FailureAsync(() => SearchableAsync(id, searchable: true))).Violations.Single(), StringComparison.Ordinal);
        await Admin.UpdateAsync(id, "i1", Fields(("title", "a flight to Mars")));
        await Admin.DeleteAsync(id, "i0");

        await MoveAsync(id, "");
        Assert.Equal("The dataset has no searchable field.", (await Caller.FailureAsync(() => Admin.SearchAsync(id, "a rocket", 1))).Message);
        await SearchableAsync(id, searchable: true);
        var again = await fixture.CopiedAsync(id);
        Assert.NotEqual(copy.Id, again.Id);
        Assert.Equal(["i1", "i2", "i3", "i4"], await fixture.HeldAsync(again, "title"));
        Assert.Equal("i1", (await Admin.SearchAsync(id, "a rocket", 1)).Ids()[0]);

        var twin = await DefineAsync("");
        foreach (var (item, title) in ((string, string)[])[("i1", "a flight to Mars"), ("i2", Titles[2]), ("i3", Titles[3]), ("i4", Titles[4])]) await Admin.CreateAsync(twin, Fields(("title", title), ("kind", "open")), item);
        Assert.Equal(await RankedAsync(twin, "a rocket"), await RankedAsync(id, "a rocket"));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Restored_IsSearchedAsWhatWasBackedUp(string store)
    {
        var (source, target) = (await FilledAsync(store), await DefineAsync(store));
        var before = await RankedAsync(source, "a rocket");
        var backups = ActivatorUtilities.CreateInstance<DatasetBackup>(fixture.Service.Host.Services);
        using var file = new MemoryStream();
        await backups.BackupAsync("demo", source, file, CancellationToken.None);
        file.Position = 0;
        await backups.RestoreAsync("demo", target, file, CancellationToken.None);
        Assert.Equal(before, await RankedAsync(target, "a rocket"));
        Assert.Equal(["i0", "i1", "i2", "i3", "i4"], await fixture.HeldAsync(await fixture.CopiedAsync(target), "title"));
        Assert.Equal(before, await RankedAsync(target, "a rocket"));

        // Made anew under its name: what the former one had in the store is none of it.
        var former = await fixture.CopiedAsync(source);
        await Admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = source }, Admin.Options);
        await Admin.DefineAsync(source, Definition(store));
        Assert.Empty((await Admin.SearchAsync(source, "a rocket", 1)).Matches);
        file.Position = 0;
        await backups.RestoreAsync("demo", source, file, CancellationToken.None);
        Assert.Equal(before, await RankedAsync(source, "a rocket"));
        Assert.NotEqual(former.Id, (await fixture.CopiedAsync(source)).Id);
        Assert.Equal(before, await RankedAsync(source, "a rocket"));
        await Eventually.HoldsAsync(async () => !await fixture.HasAsync(former, "title"), Patience);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Deleted_LeavesNoCollectionBehind(string store)
    {
        var id = await FilledAsync(store);
        var copy = await fixture.CopiedAsync(id);
        Assert.True(await fixture.HasAsync(copy, "title"));
        await Admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, Admin.Options);
        await Eventually.HoldsAsync(async () => !await fixture.HasAsync(copy, "title"), Patience);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Erasure_TakesWhatIsAboutThePerson_AndTheirNameFromWhatIsKept(string store)
    {
        var (subject, email) = ($"summer-{store}", $"summer-{store}@people.example");
        var (id, self) = (await DefineAsync(store, static dataset => (dataset.KeepRowsOfErased, dataset.SubjectField) = (true, "contact")), fixture.Caller("member", subject));
        await self.CreateAsync(id, Fields(("title", "entered by Summer Rain"), ("kind", "open")), "kept");
        await Admin.CreateAsync(id, Fields(("title", "somebody with a garden"), ("contact", email)), "about");
        await Admin.CreateAsync(id, Fields(("title", "a pump"), ("contact", "otto@people.example")), "other");
        var copy = await fixture.CopiedAsync(id);
        Assert.Equal(["about", "kept", "other"], await fixture.HeldAsync(copy, "title"));
        var before = VectorOf(copy, "kept");
        await fixture.Service.Host.Services.GetRequiredService<IPersonalData>()
            .EraseAsync(new ErasureOrder(Guid.NewGuid().ToString(), new DataSubject("demo", subject, email, "Summer Rain"), "erased-x"), CancellationToken.None);
        Assert.Equal(["kept", "other"], await fixture.HeldAsync(copy, "title"));
        Assert.Equal("entered by erased-x", (await Admin.GetAsync(id, "kept")).Fields.Fields["title"].StringValue);
        if (before is not null) Assert.NotEqual(before, VectorOf(copy, "kept"));
        Assert.DoesNotContain("about", (await Admin.SearchAsync(id, "a garden in summer rain", 0.5)).Ids());
    }

    // What a fake has; Chroma does not say.
    private float[]? VectorOf(IndexCopy copy, string item) => fixture.Fakes.GetValueOrDefault(copy.Store)?.Spaces[fixture.Stores.SpaceOf(copy, "title").Name].Values.Single(one => (string?)one.Properties["item"] == item).Vector;

    private async Task<string[]> RankedAsync(string id, string query) =>
        [.. (await Admin.SearchAsync(id, query, 0.9)).Matches.Select(static match => FormattableString.Invariant($"{match.Item.Name.Split('/')[^1]} {match.Score:R} {match.VectorScore:R}"))];

    private async Task SearchableAsync(string id, bool searchable)
    {
        var fields = Definition("").Fields;
        foreach (var field in fields) field.Searchable &= searchable;
        await Admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = new Dataset { Id = id, Fields = { fields } }, UpdateMask = new FieldMask { Paths = { "fields" } } }, Admin.Options);
    }

    private Task<DatasetMigration> BeginAsync(string id, string store) => Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = id, Store = store }, Admin.Options).ResponseAsync;

    // Meanwhile nobody gets an answer that is not right: there is none.
    private async Task MoveAsync(string id, string store)
    {
        await BeginAsync(id, store);
        var migration = new DatasetMigration();
        await Eventually.HoldsAsync(async () =>
        {
            Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => Admin.SearchAsync(id, "a rocket", 1))).Code);
            migration = await Admin.Stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = id }, Admin.Options);
            return migration.EndTime is not null;
        }, Patience);
        Assert.Equal(State.Done, migration.State);
    }

    private static Dataset Definition(string store)
    {
        var dataset = Dataset([Searchable("title"), Field("kind"), Field("contact")], Admins, Rule("member", "", Action.Read, Action.Create));
        dataset.SearchStore = store;
        return dataset;
    }

    private async Task<string> DefineAsync(string store, System.Action<Dataset>? change = null)
    {
        var (id, dataset) = (DataFixture.NewId(), Definition(store));
        change?.Invoke(dataset);
        await Admin.DefineAsync(id, dataset);
        return id;
    }

    private async Task<string> FilledAsync(string store)
    {
        var id = await DefineAsync(store);
        for (var i = 0; i < Titles.Length; i++) await Admin.CreateAsync(id, Fields(("title", Titles[i]), ("kind", "open")), FormattableString.Invariant($"i{i}"));
        return id;
    }
}
