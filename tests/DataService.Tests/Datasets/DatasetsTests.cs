using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Datasets;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class DatasetsTests(DataFixture fixture)
{
    [Fact]
    public async Task Create_OfAWrongDefinition_NamesEverythingThatIsWrong()
    {
        var dataset = Dataset(
            [Field("good"), Field("Bad"), Field("good"), Field("untyped", Type.Unspecified), Field("roles", visibleTo: "Admin")],
            Rule("admin", "nothing = 1 AND (good > 1 OR untyped = 2)"), new RowRule { Condition = "good" }, Rule("admin", "", Action.Unspecified), Rule("admin", "good = user.nothing"));
        dataset.Fields[0].Classification = default;
        dataset.DisplayName = new string('x', 101);
        var failure = await Caller.FailureAsync(() => fixture.Caller().DefineAsync("Wrong!", dataset));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal(
            [
                "dataset.display_name", "dataset.fields[0].classification", "dataset.fields[1].name", "dataset.fields[2].name", "dataset.fields[3].type", "dataset.fields[4].visible_to",
                "dataset.row_rules[0].condition", "dataset.row_rules[0].condition", "dataset.row_rules[1].condition", "dataset.row_rules[1].roles", "dataset.row_rules[2].actions",
                "dataset.row_rules[3].condition", "dataset_id",
            ],
            failure.Violations.Select(v => v.Split(':')[0]).Order(StringComparer.Ordinal));
        Assert.Contains("dataset.row_rules[0].condition: position 1: unknown field 'nothing'", failure.Violations);
    }

    [Fact]
    public async Task Create_OfATakenId_IsRefused()
    {
        var failure = await Caller.FailureAsync(() => fixture.Caller().DefineAsync("movies", Dataset([Field("x")], Admins)));
        Assert.Equal(StatusCode.AlreadyExists, failure.Code);
    }

    [Fact]
    public async Task SameId_InTwoOrganisations_IsTwoDatasets()
    {
        var id = DataFixture.NewId();
        var (here, there) = (fixture.Caller(), fixture.Caller("admin", "ann", "elsewhere-2"));
        await here.DefineAsync(id, Dataset([Field("name")], Admins));
        await there.DefineAsync(id, Dataset([Field("title")], Admins));
        await here.CreateAsync(id, Fields(("name", "x")), "one");
        await there.CreateAsync(id, Fields(("title", "y")), "one");
        Assert.Equal(Fields(("name", "x")), Assert.Single((await here.ListAsync(id)).Items).Fields);
        Assert.Equal(Fields(("title", "y")), Assert.Single((await there.ListAsync(id)).Items).Fields);
    }

    [Theory]
    [InlineData("it's", "status = \"it's\"")]
    [InlineData("back\\slash", "status = \"back\\\\slash\"")]
    [InlineData("$$; DROP TABLE datasets; $$", "status = \"$$; DROP TABLE datasets; $$\"")]
    [InlineData("100%_", "status = \"100%_*\"")]
    [InlineData("x') OR (true", "status = \"x') OR (true\"")]
    public async Task RuleWithOddText_HoldsInTheDatabaseToo(string status, string condition)
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("status")], Admins, Rule("clerk", condition)));
        await fixture.Caller().CreateAsync(id, Fields(("status", status)), "one");
        await fixture.Caller().CreateAsync(id, Fields(("status", "else")), "two");
        Assert.Equal(["one"], await fixture.CallerWith(["clerk"], ["data:read:*"], "carl").IdsAsync(id));
    }

    [Fact]
    public async Task Update_ChangesRulesVisibilityAndFieldsAtOnce()
    {
        var id = DataFixture.NewId();
        var (admin, clerk) = (fixture.Caller(), fixture.CallerWith(["clerk"], ["data:read:*", "data:list"], "carl"));
        var first = await admin.DefineAsync(id, Dataset([Field("name"), Field("size", Type.Integer)], Admins, Rule("clerk", "size = 1")));
        await admin.CreateAsync(id, Fields(("name", "a"), ("size", 1)), "one");
        await admin.CreateAsync(id, Fields(("name", "b"), ("size", 2)), "two");
        Assert.Equal(["one"], await clerk.IdsAsync(id));

        var changed = first.Clone();
        changed.Fields[1].VisibleTo.Clear();
        changed.Fields.Add(Field("colour"));
        changed.RowRules[1].Condition = "size = 2";
        var second = await admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = changed }, admin.Options);
        Assert.NotEqual(first.Etag, second.Etag);
        Assert.Equal(Fields(("name", "b")), Assert.Single((await clerk.ListAsync(id)).Items).Fields);
        await admin.UpdateAsync(id, "two", Fields(("colour", "red")));

        var stale = await Caller.FailureAsync(() => admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = changed }, admin.Options).ResponseAsync);
        Assert.Equal(StatusCode.Aborted, stale.Code);
        var wrongMask = new UpdateDatasetRequest { Dataset = second, UpdateMask = new() { Paths = { "fields", "id" } } };
        Assert.Equal(["update_mask"], (await Caller.FailureAsync(() => admin.Datasets.UpdateDatasetAsync(wrongMask, admin.Options).ResponseAsync)).Violations.Select(v => v.Split(':')[0]));
    }

    [Fact]
    public async Task Update_AgainstWhatItemsHold_IsRefusedWhole()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        var dataset = await admin.DefineAsync(id, Dataset([Field("name"), Field("size", Type.Integer), Field("unused"), Field("gone")], Admins));
        await admin.CreateAsync(id, Fields(("name", "a"), ("gone", "x")), "one");
        await admin.CreateAsync(id, Fields(("size", 2)), "two");
        dataset.Fields[1].Type = Type.String;
        dataset.Fields[0].Required = true;
        dataset.Fields.RemoveAt(3);
        var failure = await Caller.FailureAsync(() => admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, admin.Options).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, failure.Code);
        Assert.Equal(
            [
                "dataset.fields: field 'gone' has data and cannot be removed", "dataset.fields: field 'size' has data and keeps its type and encryption",
                "dataset.fields: field 'name' cannot be required: there are items without a value",
            ],
            failure.Violations);
        Assert.Equal(["one", "two"], await admin.IdsAsync(id, "size = 2 OR gone = x"));
        Assert.True(await fixture.AskAsync<bool>($"SELECT relforcerowsecurity FROM pg_class WHERE oid = (SELECT 'items.d' || id FROM datasets WHERE name = '{id}')::regclass"));

        dataset = await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options);
        dataset.Fields[2].Type = Type.Integer;
        await admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, admin.Options);
        Assert.True(await fixture.AskAsync<bool>($"SELECT relforcerowsecurity FROM pg_class WHERE oid = (SELECT 'items.d' || id FROM datasets WHERE name = '{id}')::regclass"));
    }

    [Fact]
    public async Task Redefinition_ByAnotherReplica_IsSeenByTheNextRequest()
    {
        var id = DataFixture.NewId();
        var (admin, clerk) = (fixture.Caller(), fixture.CallerWith(["clerk"], ["data:read:*"], "carl"));
        var dataset = await admin.DefineAsync(id, Dataset([Field("name"), Field("salary", Type.Integer)], Admins, Rule("clerk")));
        await admin.CreateAsync(id, Fields(("name", "a"), ("salary", 1)), "one");
        Assert.Equal(2, (await clerk.GetAsync(id, "one")).Fields.Fields.Count);

        await using var replica = await DataServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        var elsewhere = new Caller(replica, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");
        dataset.Fields[1].VisibleTo.Clear();
        await elsewhere.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, elsewhere.Options);
        Assert.Equal(Fields(("name", "a")), (await clerk.GetAsync(id, "one")).Fields);

        await elsewhere.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, elsewhere.Options);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => clerk.GetAsync(id, "one"))).Code);
        await elsewhere.DefineAsync(id, Dataset([Field("title")], Admins, Rule("clerk")));
        await elsewhere.CreateAsync(id, Fields(("title", "new")), "one");
        Assert.Equal(Fields(("title", "new")), (await clerk.GetAsync(id, "one")).Fields);
    }

    [Fact]
    public async Task Refusal_ByADefinitionThatAnotherReplicaHasChanged_IsDecidedAnew()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        var dataset = await admin.DefineAsync(id, Dataset([Field("name")], Admins));
        await admin.CreateAsync(id, Fields(("name", "a")), "one");
        await using var replica = await DataServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        var elsewhere = new Caller(replica, fixture.Authority.Token("admin", "demo", ["admin"], ["*"]), "admin");

        dataset.Fields.Add(Field("size", Type.Integer));
        dataset = await elsewhere.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, elsewhere.Options);
        await admin.UpdateAsync(id, "one", Fields(("size", 1)));
        dataset.Fields.Add(Field("colour"));
        dataset.Etag = "";
        dataset = await elsewhere.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, elsewhere.Options);
        Assert.Empty((await admin.ListAsync(id, "colour = red")).Items);
        dataset.Fields.Add(Field("weight"));
        dataset.Etag = "";
        await elsewhere.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, elsewhere.Options);
        var counted = new AggregateItemsRequest { Dataset = id, Aggregations = { new AggregateItemsRequest.Types.Aggregation { Function = AggregateItemsRequest.Types.Function.Count, Field = "weight" } } };
        Assert.Single((await admin.Items.AggregateItemsAsync(counted, admin.Options)).Groups);

        Assert.Equal(StatusCode.InvalidArgument, (await Caller.FailureAsync(() => admin.ListAsync(id, "smell = bad"))).Code);
    }

    [Fact]
    public async Task Redefinition_UnderLoad_NeverShowsWhatNeitherDefinitionShows()
    {
        var id = DataFixture.NewId();
        var (admin, clerk) = (fixture.Caller(), fixture.CallerWith(["clerk"], ["data:read:*"], "carl"));
        var dataset = await admin.DefineAsync(id, Dataset([Field("open"), Field("a", visibleTo: "clerk"), Field("b", visibleTo: "")], Admins, Rule("clerk", "open = one")));
        await admin.CreateAsync(id, Fields(("open", "one"), ("a", "x"), ("b", "x")), "one");
        await admin.CreateAsync(id, Fields(("open", "two"), ("a", "x"), ("b", "x")), "two");
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++)
            {
                // Either row "one" with field a, or row "two" with field b, or both rows' intersection in between: none.
                foreach (var item in (await clerk.ListAsync(id)).Items)
                    Assert.True(item.Fields.Fields.ContainsKey(item.Name.EndsWith("one", StringComparison.Ordinal) ? "a" : "b") && item.Fields.Fields.Count == 2, item.ToString());
            }

            return reads;
        }).ToList();
        for (var i = 0; i < 10; i++)
        {
            var (seen, unseen) = i % 2 == 0 ? (2, 1) : (1, 2);
            dataset.Fields[unseen].VisibleTo.Clear();
            dataset.Fields[seen].VisibleTo.Add("clerk");
            dataset.RowRules[1].Condition = i % 2 == 0 ? "open = two" : "open = one";
            dataset.Etag = "";
            dataset = await admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = dataset }, admin.Options);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
    }

    [Fact]
    public async Task List_ShowsWhatTheCallerMayReadPageByPage()
    {
        var (admin, organisation) = (fixture.Caller("admin", "ann", "listing"), "listing");
        foreach (var id in (string[])["a", "b", "c", "d", "e"]) await admin.DefineAsync(id, Dataset([Field("x")], Admins));
        var some = fixture.CallerWith(["x"], ["data:list", "data:read:b", "data:read:d", "data:read:e"], "sue", organisation);
        var ids = new List<string>();
        var token = "";
        do
        {
            var page = await some.Datasets.ListDatasetsAsync(new ListDatasetsRequest { PageSize = 1, PageToken = token }, some.Options);
            ids.AddRange(page.Datasets.Select(d => d.Id));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["b", "d", "e"], ids);
        Assert.Equal(5, (await admin.Datasets.ListDatasetsAsync(new ListDatasetsRequest(), admin.Options)).Datasets.Count);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => some.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = "a" }, some.Options).ResponseAsync)).Code);
    }

    [Fact]
    public async Task Permissions_AreAskedFor()
    {
        var reader = fixture.CallerWith(["admin"], ["data:read:surveys"], "rita");
        Func<Task>[] refused =
        [
            () => reader.ListAsync("movies"), () => reader.GetAsync("movies", "movie-0001"), () => reader.CreateAsync("surveys", Fields()), () => reader.DeleteAsync("surveys", "survey-001"),
            () => reader.ImportAsync(new ImportItemsRequest { Dataset = "surveys", Csv = "x" }), () => reader.DefineAsync("x", new Dataset()),
            () => reader.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = "surveys" }, reader.Options).ResponseAsync,
        ];
        foreach (var call in refused) Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(call)).Code);
        Assert.Equal(60, (await reader.IdsAsync("surveys")).Length);
    }
}
