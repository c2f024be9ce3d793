using AiMesh.Data.V1;
using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.ServiceDefaults.Privacy;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>What search stores are asked, and what is left in them when something goes wrong in between (decision 27).</summary>
[Trait("Level", "Server")]
[Collection(SearchStoresTestGroup.Name)]
public sealed class CopiesTests(SearchStoresFixture fixture)
{
    private FakeVectorServer Fake => fixture.Fakes["away"];

    private IndexCopier Copier => fixture.Service.Host.Services.GetRequiredService<IndexCopier>();

    [Fact]
    public async Task Search_OfWhoseRowsAreHiddenInPart_AsksNoStore()
    {
        var (id, admin, clerk) = (await DefineAsync(), fixture.Caller(), fixture.Caller("clerk"));
        await admin.CreateAsync(id, Fields(("title", "a rocket to the moon"), ("kind", "open")), "seen");
        await admin.CreateAsync(id, Fields(("title", "a flight to the moon"), ("kind", "closed")), "hidden");
        await fixture.CopiedAsync(id);
        var before = Fake.Searches;
        Assert.Equal(["seen"], (await clerk.SearchAsync(id, "astronauts", 1)).Ids());
        Assert.Equal(["seen"], (await clerk.SearchAsync(id, "astronauts", 0.5, filter: "kind = open")).Ids());
        Assert.Equal(before, Fake.Searches);
        Assert.Equal(["seen"], (await admin.SearchAsync(id, "astronauts", 1, filter: "kind = open")).Ids());
        Assert.True(Fake.Searches > before);
    }

    [Fact]
    public async Task Search_WhileTheStoreIsBehind_FindsWhatItDoesNotHaveYet()
    {
        var (id, admin) = (await DefineAsync(), fixture.Caller());
        await admin.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = Csv("title,kind", Enumerable.Range(0, 30).Select(static i => $"a flight to Mars {i},open")) });
        await fixture.CopiedAsync(id);

        // So much is there that nobody need look further; and it answers, but takes nothing.
        Fake.LosesAnswersTo = "/vectors/delete";
        try
        {
            await admin.CreateAsync(id, Fields(("title", "a rocket to the moon")), "late");
            var before = Fake.Searches;
            Assert.Equal("late", (await admin.SearchAsync(id, "a rocket to the moon", 1, topK: 3)).Ids()[0]);
            Assert.True(Fake.Searches > before);
        }
        finally
        {
            Fake.LosesAnswersTo = "";
        }
    }

    [Fact]
    public async Task VectorsThatWereStored_WithoutAnybodysHearingOfIt_LeaveWithTheirDataset()
    {
        var (id, admin) = (await DefineAsync(), fixture.Caller());
        var others = Fake.Spaces.Keys.ToHashSet(StringComparer.Ordinal);
        Fake.LosesAnswersTo = "/vectors/upsert";
        try
        {
            await admin.CreateAsync(id, Fields(("title", "a rocket to the moon")), "a");
            await Eventually.HoldsAsync(async () => { await TryAsync(id); return Fake.Spaces.Keys.Except(others).Any(); }, TimeSpan.FromMinutes(1));
            await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        }
        finally
        {
            Fake.LosesAnswersTo = "";
        }

        await Copier.RemoveUnnamedAsync("demo", CancellationToken.None);
        Assert.Empty(Fake.Spaces.Keys.Except(others));
    }

    [Fact]
    public async Task ItemsThatWereRemovedLongAgo_AreRememberedUntilTheStoreHasHeardOfIt()
    {
        var (id, admin) = (await DefineAsync(), fixture.Caller());
        await admin.CreateAsync(id, Fields(("title", "a rocket to the moon")), "a");
        await admin.CreateAsync(id, Fields(("title", "a flight to the moon")), "b");
        var copy = await fixture.CopiedAsync(id);
        var work = new IndexWork("demo", copy.DatasetId);
        Fake.IsDown = true;
        try
        {
            await admin.DeleteAsync(id, "a");
            Assert.Equal(["b"], (await admin.SearchAsync(id, "moon", 0)).Ids());
            await fixture.Service.Host.Services.GetRequiredService<SearchIndexer>().TrimAsync(work, TimeSpan.Zero, CancellationToken.None);
        }
        finally
        {
            Fake.IsDown = false;
        }

        await Copier.CatchUpAsync(work, CancellationToken.None);
        Assert.Equal(["b"], await fixture.HeldAsync(copy, "title"));
        await fixture.Service.Host.Services.GetRequiredService<SearchIndexer>().TrimAsync(work, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal(1, await fixture.AskAsync($"SELECT count(*) FROM search_entries WHERE dataset_id = {copy.DatasetId}"));
    }

    [Fact]
    public async Task Erasure_DoesNotEnd_BeforeWhatItRemovedIsIndexedAndCopied()
    {
        var (id, erika) = (await DefineAsync(), fixture.Caller("member", "erika-indexed"));
        await erika.CreateAsync(id, Fields(("title", "of Erika")), "hers");
        var copy = await fixture.CopiedAsync(id);

        // Nobody gets to index anything meanwhile: neither the background, nor the erasure.
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand(FormattableString.Invariant($"SELECT 1 FROM search_indexes WHERE dataset_id = {copy.DatasetId} FOR UPDATE"), connection);
        await hold.ExecuteNonQueryAsync();
        var erasing = fixture.Service.Host.Services.GetRequiredService<IPersonalData>()
            .EraseAsync(new ErasureOrder(Guid.NewGuid().ToString(), new DataSubject("demo", "erika-indexed", "", ""), "erased-x"), CancellationToken.None);
        await Eventually.HoldsAsync(async () => await fixture.AskAsync($"SELECT count(*) FROM items.d{copy.DatasetId}") == 0);
        if (await Task.WhenAny(erasing, Task.Delay(TimeSpan.FromSeconds(2))) != erasing) await transaction.RollbackAsync();
        await erasing;
        Assert.Empty(await fixture.HeldAsync(copy, "title"));
    }

    // The background waits ten seconds after each failure.
    private async Task TryAsync(string dataset)
    {
        try
        {
            await Copier.CatchUpAsync(new IndexWork("demo", await fixture.AskAsync($"SELECT dataset_id FROM search_indexes WHERE dataset = '{dataset}'")), CancellationToken.None);
        }
        catch (ServiceDefaults.Errors.MeshException)
        {
            // The answer was lost.
        }
    }

    private async Task<string> DefineAsync()
    {
        var (id, dataset) = (DataFixture.NewId(), Dataset([Searchable("title"), Field("kind")], Admins, Rule("clerk", "kind = open"), Rule("member", "", RowRule.Types.Action.Read, RowRule.Types.Action.Create)));
        dataset.SearchStore = "away";
        await fixture.Caller().DefineAsync(id, dataset);
        return id;
    }
}
