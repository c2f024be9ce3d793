using AiMesh.Data.V1;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;
using Field = AiMesh.Data.V1.Field;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>Datasets whose vectors are in a store are searched like those that the service itself keeps; "" is that one.</summary>
[Trait("Level", "Server")]
[Collection(SearchStoresTestGroup.Name)]
public sealed class SearchStoresTests(SearchStoresFixture fixture)
{
    private static readonly string[] Topics = ["astronauts on the moon", "an apple cake with butter", "the bearing of a pump", "interest rates of a bank", "puppies and kittens"];

    public static TheoryData<string> Every => ["", .. SearchStoresFixture.Names];

    public static TheoryData<string> Elsewhere => [.. SearchStoresFixture.Names];

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Search_AnswersToEveryoneWhatTheServiceItselfWould(string store)
    {
        var (here, there) = (await FillAsync(""), await FillAsync(store));
        var copy = await fixture.CopiedAsync(there);
        Assert.Equal(40, (await fixture.HeldAsync(copy, "title")).Length);
        var searched = fixture.Fakes.GetValueOrDefault(store)?.Searches;
        foreach (var caller in (Caller[])[fixture.Caller(), fixture.Caller("clerk", "carl")])
        {
            foreach (var weight in (double[])[0, 0.5, 1])
            {
                foreach (var filter in (string[])["", "kind = open", "title:moon"])
                {
                    var (left, right) = (await caller.SearchAsync(here, "a rocket flight to the moon", weight, 10, filter), await caller.SearchAsync(there, "a rocket flight to the moon", weight, 10, filter));
                    Assert.Equal(Transcript(left, here), Transcript(right, there));
                    Assert.NotEmpty(right.Matches);
                }
            }
        }

        if (searched is { } before) Assert.True(fixture.Fakes[store].Searches > before);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Search_FindsEveryWriteBeforeIt_AndNothingThatIsGone(string store)
    {
        var (id, admin) = (await DefineAsync(store), fixture.Caller());
        await admin.CreateAsync(id, Fields(("title", "zebras in the savanna")), "zebra");
        await admin.CreateAsync(id, Fields(("title", "money in a bank")), "bank");
        Assert.Equal(["zebra", "bank"], (await admin.SearchAsync(id, "striped horses in Africa", 1)).Ids());
        await admin.UpdateAsync(id, "zebra", Fields(("title", "monetary policy and loans")));
        await admin.UpdateAsync(id, "bank", Fields(("title", "wild horses in Africa")));
        Assert.Equal(["bank", "zebra"], (await admin.SearchAsync(id, "striped horses in Africa", 1)).Ids());
        await admin.DeleteAsync(id, "bank");
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "striped horses in Africa", 1)).Ids());
        if (store.Length == 0) return;
        Assert.Equal(["zebra"], await fixture.HeldAsync(await fixture.CopiedAsync(id), "title"));
        Assert.Equal(["zebra"], (await admin.SearchAsync(id, "striped horses in Africa", 1)).Ids());
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Search_WhereTheFilterLeavesOnlyWhatIsFar_FindsAsManyAsAskedFor(string store)
    {
        var (id, admin) = (await DefineAsync(store), fixture.Caller());
        var lines = Enumerable.Range(0, 600).Select(i => i % 100 == 7 ? $"a loan of the central bank {i},closed" : $"puppies and kittens {i},open");
        await admin.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = Csv("title,kind", lines) });
        if (store.Length > 0) await fixture.CopiedAsync(id);
        Assert.Equal(6, (await admin.SearchAsync(id, "young dogs and cats", 1, 10, "kind = closed")).Matches.Count);
        Assert.Equal(5, (await admin.SearchAsync(id, "young dogs and cats", 0.5, 5, "kind = closed")).Matches.Count);
        Assert.Equal(200, (await admin.SearchAsync(id, "young dogs and cats", 1, 200)).Matches.Count);

        // Of rows that are hidden in part, everything is compared, or nothing: Search:MaxScan is 200 here.
        if (store.Length > 0) Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => fixture.Caller("clerk").SearchAsync(id, "young dogs", 1))).Code);
        Assert.Equal(6, (await fixture.Caller("boss").SearchAsync(id, "young dogs and cats", 1)).Matches.Count);
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task FieldsThatAreNotSearchedAnyMore_AndDatasetsThatAreDeleted_LeaveTheStore(string store)
    {
        var (id, admin) = (await FillAsync(store), fixture.Caller());
        var copy = await fixture.CopiedAsync(id);
        Assert.Equal(40, (await fixture.HeldAsync(copy, "memo")).Length);
        await admin.Datasets.UpdateDatasetAsync(
            new UpdateDatasetRequest { Dataset = new Dataset { Id = id, Fields = { Searchable("title"), Field("memo", visibleTo: "boss"), Field("kind") } }, UpdateMask = new FieldMask { Paths = { "fields" } } }, admin.Options);
        await Eventually.HoldsAsync(async () => (await fixture.HeldAsync(copy, "memo")).Length == 0, TimeSpan.FromMinutes(1));

        // With nothing else on its way: what is copied anew is away for a moment, and what is found for another reason would be removed by the way.
        await fixture.CopiedAsync(id);
        Assert.Equal(40, (await fixture.HeldAsync(copy, "title")).Length);
        await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        await Eventually.HoldsAsync(async () => (await fixture.HeldAsync(copy, "title")).Length == 0, TimeSpan.FromMinutes(1));
        await Eventually.HoldsAsync(async () => await fixture.AskAsync($"SELECT count(*) FROM search_copies WHERE id = {copy.Id}") == 0, TimeSpan.FromMinutes(1));
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Erasure_HasRemovedVectorsBeforeItIsAnswered(string store)
    {
        var (id, erika) = (await DefineAsync(store), fixture.Caller("member", $"erika-{store}"));
        await erika.CreateAsync(id, Fields(("title", "of Erika"), ("kind", "open")), "hers");
        await fixture.Caller().CreateAsync(id, Fields(("title", "of others")), "theirs");
        var copy = await fixture.CopiedAsync(id);
        Assert.Equal(["hers", "theirs"], await fixture.HeldAsync(copy, "title"));
        await EraseAsync($"erika-{store}");
        Assert.Equal(["theirs"], await fixture.HeldAsync(copy, "title"));
    }

    [Fact]
    public async Task Erasure_WhileTheStoreIsAway_IsNotDone_NorIsThatOfDatasetsWhichAreGone()
    {
        var (fake, admin, erika) = (fixture.Fakes["away"], fixture.Caller(), fixture.Caller("member", "erika-away"));
        var gone = await DefineAsync("away");
        await erika.CreateAsync(gone, Fields(("title", "of Erika")), "hers");
        var left = await fixture.CopiedAsync(gone);
        fake.IsDown = true;
        try
        {
            await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = gone }, admin.Options);
            Assert.Equal("STORE_UNAVAILABLE", (await Assert.ThrowsAsync<MeshException>(() => EraseAsync("erika-away"))).Error.Reason);
        }
        finally
        {
            fake.IsDown = false;
        }

        Assert.Equal(["hers"], await fixture.HeldAsync(left, "title"));
        await EraseAsync("erika-away");
        Assert.Empty(await fixture.HeldAsync(left, "title"));

        var id = await DefineAsync("away");
        await erika.CreateAsync(id, Fields(("title", "of Erika again")), "hers");
        var copy = await fixture.CopiedAsync(id);
        fake.IsDown = true;
        try
        {
            Assert.Equal("STORE_UNAVAILABLE", (await Assert.ThrowsAsync<MeshException>(() => EraseAsync("erika-away"))).Error.Reason);
        }
        finally
        {
            fake.IsDown = false;
        }

        Assert.Equal(["hers"], await fixture.HeldAsync(copy, "title"));
        await EraseAsync("erika-away");
        Assert.Empty(await fixture.HeldAsync(copy, "title"));
    }

    [Fact]
    public async Task StoreThatIsAway_IsDoneWithout_AndCatchesUp()
    {
        var (fake, admin) = (fixture.Fakes["away"], fixture.Caller());
        var id = await FillAsync("away");
        var copy = await fixture.CopiedAsync(id);
        var many = await DefineAsync("away");
        await admin.ImportAsync(new ImportItemsRequest { Dataset = many, Csv = Csv("title,kind", Enumerable.Range(0, 300).Select(i => $"puppies and kittens {i},open")) });
        await fixture.CopiedAsync(many);
        Assert.NotEmpty((await admin.SearchAsync(many, "dogs", 1)).Matches);
        var before = await admin.SearchAsync(id, "the moon", 1);
        fake.IsDown = true;
        try
        {
            Assert.Equal(before, await admin.SearchAsync(id, "the moon", 1));
            await admin.DeleteAsync(id, before.Ids()[0]);
            Assert.DoesNotContain(before.Ids()[0], (await admin.SearchAsync(id, "the moon", 1, 200)).Ids());
            var failure = await Caller.FailureAsync(() => admin.SearchAsync(many, "dogs", 1));
            Assert.Equal((StatusCode.Unavailable, true), (failure.Code, failure.Message.Contains("search store", StringComparison.Ordinal)));
            Assert.NotEmpty((await admin.SearchAsync(many, "puppies", 0)).Matches);
            await Eventually.HoldsAsync(async () => (await admin.SendAsync(HttpMethod.Get, "/health")) is (200, var body) && body.Contains("\"search-stores\":{\"status\":\"Degraded\"", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        }
        finally
        {
            fake.IsDown = false;
        }

        await fixture.CopiedAsync(id);
        Assert.Equal(39, (await fixture.HeldAsync(copy, "title")).Length);
    }

    [Fact]
    public async Task SearchStore_IsChosenAtCreation_AmongThoseConfigured_AndSeenByDefinersOnly()
    {
        var (admin, id) = (fixture.Caller(), await DefineAsync("milvus"));
        var failure = await Caller.FailureAsync(() => DefineAsync("nowhere"));
        Assert.Equal(["dataset.search_store: expected the name of a configured search store, or nothing"], failure.Violations);
        Assert.Equal("milvus", (await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options)).SearchStore);
        var clerk = fixture.Caller("clerk");
        Assert.Equal("", (await clerk.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, clerk.Options)).SearchStore);
    }

    private Task<ErasureReport> EraseAsync(string subject) => fixture.Service.Host.Services.GetRequiredService<IPersonalData>()
        .EraseAsync(new ErasureOrder(Guid.NewGuid().ToString(), new DataSubject("demo", subject, "", ""), "erased-x"), CancellationToken.None);

    private async Task<string> DefineAsync(string store)
    {
        var id = DataFixture.NewId();
        var dataset = Dataset([Searchable("title"), Searchable("memo", visibleTo: "boss"), Field("kind")], Admins, Rule("clerk", "kind = open"), Rule("boss", "kind = closed"), Rule("member", "", RowRule.Types.Action.Read, RowRule.Types.Action.Create));
        dataset.SearchStore = store;
        await fixture.Caller().DefineAsync(id, dataset);
        return id;
    }

    // Forty rows; the clerk sees half of them, and no memo.
    private async Task<string> FillAsync(string store)
    {
        var (id, admin) = (await DefineAsync(store), fixture.Caller());
        var request = new BatchCreateItemsRequest { Dataset = id };
        for (var i = 0; i < 40; i++)
        {
            var item = new Item { Fields = Fields(("title", $"{Topics[i % 5]} {i}"), ("memo", $"{Topics[i % 3]} on the moon {i}"), ("kind", i % 2 == 0 ? "open" : "closed")) };
            request.Requests.Add(new CreateItemRequest { Dataset = id, ItemId = FormattableString.Invariant($"i{i}"), Item = item });
        }

        await admin.Items.BatchCreateItemsAsync(request, admin.Options);
        return id;
    }

    // Times of creation are no matter of where vectors are.
    private static string Transcript(SearchItemsResponse response, string dataset)
    {
        var copy = response.Clone();
        foreach (var match in copy.Matches) (match.Item.CreateTime, match.Item.UpdateTime, match.Item.Etag) = (null, null, "");
        return copy.ToString().Replace(dataset, "dataset", StringComparison.Ordinal);
    }
}
