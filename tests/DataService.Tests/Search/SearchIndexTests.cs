using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Search.Index;
using AiMesh.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Search.Searching;
using static AiMesh.DataService.Tests.Shapes;
using Contract = AiMesh.Data.V1;
using Field = AiMesh.Data.V1.Field;

namespace AiMesh.DataService.Tests.Search;

/// <summary>The index holds what the items hold: after kills, redefinitions, and while others write.</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class SearchIndexTests(DataFixture fixture)
{
    // Rather late than refused, on a busy machine.
    private const string Patient = "Search:MaxWait=00:01:00";

    [Fact]
    public async Task Index_AcrossAKillWhileWriting_MissesNothing()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Searchable("title")], Admins));
        var (acknowledged, next) = (new ConcurrentBag<string>(), 0);
        await using (var service = await DataServiceProcess.StartAsync(fixture.Database.ConnectionString, fixture.Authority, Patient))
        {
            var items = new Contract.Items.ItemsClient(service.Channel);
            var writing = Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
            {
                while (true)
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"i{Interlocked.Increment(ref next)}");
                    try
                    {
                        await items.CreateItemAsync(new CreateItemRequest { Dataset = dataset, ItemId = id, Item = new Item { Fields = Fields(("title", $"zebra {id}")) } }, admin.Options);
                        acknowledged.Add(id);
                    }
                    catch (RpcException)
                    {
                        return;
                    }
                }
            }));
            await Eventually.HoldsAsync(() => Task.FromResult(acknowledged.Count >= 50), TimeSpan.FromMinutes(2));
            await items.SearchItemsAsync(Request(dataset, "zebra", 0), admin.Options);
            await Eventually.HoldsAsync(() => Task.FromResult(acknowledged.Count >= 80), TimeSpan.FromMinutes(2));
            service.Kill();
            await writing;
        }

        Assert.Empty(acknowledged.Except((await admin.IdsAsync(dataset)).Intersect(await FoundAsync(admin, dataset))));
        Assert.Equal(await fixture.AskAsync<long>($"SELECT count(*) FROM search_entries e JOIN datasets d ON d.id = e.dataset_id WHERE d.name = '{dataset}'"), (await admin.IdsAsync(dataset)).Length);
    }

    [Fact]
    public async Task Field_ThatIsSearchedAgain_IsSearchedByWhatItHoldsByThen()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Searchable("title")], Admins));
        for (var i = 0; i < 5; i++)
        {
            await admin.CreateAsync(dataset, Fields(("title", "a zebra")), FormattableString.Invariant($"i{i}"));
            Assert.Equal(i + 1, (await admin.SearchAsync(dataset, "zebra", 0)).Matches.Count);
        }

        await DefineAsync(Field("title"));
        for (var i = 0; i < 4; i++) await admin.UpdateAsync(dataset, FormattableString.Invariant($"i{i}"), Fields(("title", "a penguin")));
        await DefineAsync(Searchable("title"));

        // Fewer steps have been done than at that time, and nobody has forgotten how it was then.
        await Eventually.HoldsAsync(async () => await fixture.AskAsync<long>($"SELECT count(*) FROM search_indexes WHERE dataset = '{dataset}' AND 'title' = ANY (ready)") == 1, TimeSpan.FromMinutes(1));
        Assert.Equal(["i4"], (await admin.SearchAsync(dataset, "zebra", 0)).Ids());
        Assert.Equal(["i0", "i1", "i2", "i3"], (await admin.SearchAsync(dataset, "penguin", 0)).Ids().Order(StringComparer.Ordinal));

        async Task DefineAsync(Field field) => await admin.Datasets.UpdateDatasetAsync(
            new UpdateDatasetRequest { Dataset = new Dataset { Id = dataset, Fields = { field } }, UpdateMask = new FieldMask { Paths = { "fields" } } }, admin.Options);
    }

    [Fact]
    public async Task Redefinition_IndexesWhatIsThere_AndSearchesGoOnMeanwhile()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Field("title"), Field("text")], Admins));
        await admin.ImportAsync(new ImportItemsRequest { Dataset = dataset, Csv = Csv("title,text", Enumerable.Range(0, 1200).Select(i => $"zebra {i},walrus {i}")) });
        Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => admin.SearchAsync(dataset, "zebra"))).Code);

        await RedefineAsync(admin, dataset, Searchable("title"), Field("text"));
        Assert.Equal(200, (await BuiltAsync(() => admin.SearchAsync(dataset, "zebra", 0, 200))).Matches.Count);
        await RedefineAsync(admin, dataset, Searchable("title"), Searchable("text"));
        Assert.Equal(200, (await admin.SearchAsync(dataset, "zebra", 0, 200, fields: "title")).Matches.Count);
        Assert.Equal(["walrus"], (await BuiltAsync(() => admin.SearchAsync(dataset, "walrus 1199", 0, 1, fields: "text"))).Matches.Select(match => match.Item.Fields.Fields["text"].StringValue.Split(' ')[0]));

        await RedefineAsync(admin, dataset, Field("title"), Searchable("text"));
        Assert.Empty((await admin.SearchAsync(dataset, "zebra", 0)).Matches);
        await RedefineAsync(admin, dataset, Field("title"), Field("text"));
        Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => admin.SearchAsync(dataset, "zebra"))).Code);
        Assert.Equal(0L, await fixture.AskAsync<long>($"SELECT count(*) FROM search_chunks c JOIN datasets d ON d.id = c.dataset_id WHERE d.name = '{dataset}'"));
        await admin.UpdateAsync(dataset, (await admin.ListAsync(dataset, pageSize: 1)).Items[0].Name.Split('/')[^1], Fields(("title", "no index needed")));
    }

    [Fact]
    public async Task Search_WhereOneInAHundredIsPermitted_FindsAsManyAsAskedFor()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Searchable("title"), Field("part")], Admins, Rule("clerk", "part = user.attributes.part")));
        await admin.ImportAsync(new ImportItemsRequest { Dataset = dataset, Csv = Csv("title,part", Enumerable.Range(0, 3000).Select(i => $"report {i} about bridges,p{i % 100}")) });
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*"], "carl", attributes: new Dictionary<string, string> { ["part"] = "p7" });
        foreach (double? weight in (double?[])[0, 0.5, 1])
        {
            var found = await clerk.SearchAsync(dataset, "bridge report", weight, 30);
            Assert.Equal(30, found.Matches.Count);
            Assert.All(found.Matches, match => Assert.Equal("p7", match.Item.Fields.Fields["part"].StringValue));
            Assert.Equal(30, (await admin.SearchAsync(dataset, "bridge report", weight, 30, filter: "part = p7")).Matches.Count);
        }
    }

    [Fact]
    public async Task Search_WhileOthersWrite_AnswersOneMoment()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Searchable("title"), Field("status")], Admins, Rule("clerk", "status = open")));
        for (var i = 0; i < 5; i++) await admin.CreateAsync(dataset, Fields(("title", "harmless"), ("status", "open")), FormattableString.Invariant($"i{i}"));
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*"], "carl");
        using var enough = new CancellationTokenSource();

        // An item is open with harmless words, or closed with secret ones; never open with secret ones.
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                var id = FormattableString.Invariant($"i{i % 5}");
                await admin.UpdateAsync(dataset, id, Fields(("title", "secret walrus"), ("status", "closed")));
                await admin.UpdateAsync(dataset, id, Fields(("title", "harmless"), ("status", "open")));
            }
        });
        for (var i = 0; i < 20; i++)
        {
            Assert.Empty((await clerk.SearchAsync(dataset, "walrus", 0)).Matches);
            Assert.All((await clerk.SearchAsync(dataset, "harmless", 0.5)).Matches, match => Assert.Equal("harmless", match.Item.Fields.Fields["title"].StringValue));
        }

        await enough.CancelAsync();
        await writing;
        Assert.Equal(5, (await clerk.SearchAsync(dataset, "harmless", 0)).Matches.Count);
    }

    [Fact]
    public async Task Copies_BeyondTheMemory_AreGivenUpAndReadAgain()
    {
        await using var small = await DataServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority, "Search:MemoryMegabytes=1", Patient);
        var admin = new Caller(small, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");
        var text = string.Join(' ', Enumerable.Range(0, 30).Select(i => $"w{i}"));
        string[] datasets = [DataFixture.NewId(), DataFixture.NewId(), DataFixture.NewId()];
        foreach (var dataset in datasets)
        {
            await admin.DefineAsync(dataset, Dataset([Searchable("title")], Admins));
            await admin.ImportAsync(new ImportItemsRequest { Dataset = dataset, Csv = Csv("title", Enumerable.Range(0, 300).Select(i => $"n{i} {text} m{i}")) });
            Assert.Single((await BuiltAsync(() => admin.SearchAsync(dataset, "n17", 0))).Matches);
        }

        Assert.InRange(small.Host.Services.GetRequiredService<IndexCache>().Count, 1, 2);
        foreach (var dataset in datasets) Assert.Single((await admin.SearchAsync(dataset, "n42", 0)).Matches);
    }

    private static async Task<HashSet<string>> FoundAsync(Caller admin, string dataset)
    {
        var found = new HashSet<string>();
        foreach (var last in Enumerable.Range(0, 10))
        {
            var page = await admin.SearchAsync(dataset, "zebra", 0, 200, FormattableString.Invariant($"title = \"*{last}\""));
            Assert.InRange(page.Matches.Count, 0, 199);
            found.UnionWith(page.Ids());
        }

        return found;
    }

    private static async Task<SearchItemsResponse> BuiltAsync(Func<Task<SearchItemsResponse>> search)
    {
        for (var patience = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await search();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && patience.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task RedefineAsync(Caller admin, string dataset, params Field[] fields) => await admin.Datasets.UpdateDatasetAsync(
        new UpdateDatasetRequest { Dataset = new Dataset { Id = dataset, Fields = { fields } }, UpdateMask = new FieldMask { Paths = { "fields" } } }, admin.Options);
}
