using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class ItemEditorTests(DataFixture fixture)
{
    [Fact]
    public async Task Create_OfEveryType_GivesTheValuesBack()
    {
        var id = await DefineAsync();
        var fields = Fields(
            ("name", "Zoë 😀 \"quoted\" \\ \u2028"), ("size", 42), ("rate", 0.1), ("flag", true), ("made", "2026-11-21T12:00:00.25+01:00"), ("day", "2026-11-21"), ("tags", (string[])["a", ""]));
        var created = await fixture.Caller().CreateAsync(id, fields, "one");
        Assert.Equal($"datasets/{id}/items/one", created.Name);
        fields.Fields["made"].StringValue = "2026-11-21T11:00:00.25Z";
        Assert.Equal(fields, created.Fields);
        Assert.Equal(created, await fixture.Caller().GetAsync(id, "one"));
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9223372036854775808")]
    [InlineData("9223372036854775807")]
    public async Task Create_OfALargeInteger_KeepsEveryDigit(string digits)
    {
        var id = await DefineAsync();
        var created = await fixture.Caller().CreateAsync(id, Fields(("name", "x"), ("size", digits)));
        Assert.Equal(digits, created.Fields.Fields["size"].StringValue);
        Assert.Single(await fixture.Caller().IdsAsync(id, $"size = {digits}"));
        Assert.Empty(await fixture.Caller().IdsAsync(id, "size = 9007199254740992"));
    }

    public static TheoryData<string, object?, string> WrongValues => new()
    {
        { "name", 1.0, "expected a string" },
        { "name", "a\0b", "expected Unicode text without U+0000 and lone surrogates" },
        { "name", new string('x', 100_001), "expected at most 100000 characters" },
        { "size", 1.5, "expected a 64-bit integer" },
        { "size", 1e16, "expected a 64-bit integer, beyond 2^53 as a string of digits" },
        { "size", "9223372036854775808", "expected a 64-bit integer" },
        { "size", true, "expected a 64-bit integer" },
        { "rate", "1", "expected a finite number" },
        { "rate", double.NaN, "expected a finite number" },
        { "flag", "true", "expected a boolean (true or false)" },
        { "made", "2026-11-21", "expected a time with offset (2026-11-21T10:00:00Z)" },
        { "day", "2026-13-01", "expected a date (2026-11-21)" },
        { "tags", "a", "expected a list of strings" },
        { "none", "a", "unknown field" },
        { "name", null, "a value is required" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public async Task Create_WithAWrongValue_NamesTheField(string field, object? value, string description)
    {
        var id = await DefineAsync();
        var fields = Fields(("name", "x"));
        fields.Fields.Remove(field);
        fields.Fields.Add(Fields((field, value)).Fields);
        var failure = await Caller.FailureAsync(() => fixture.Caller().CreateAsync(id, fields));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal([$"item.fields.{field}: {description}"], failure.Violations);
    }

    [Fact]
    public async Task Create_WithSeveralWrongValues_NamesAll()
    {
        var id = await DefineAsync();
        var failure = await Caller.FailureAsync(() => fixture.Caller().CreateAsync(id, Fields(("size", "x"), ("day", 1), ("z", 1))));
        Assert.Equal(["item.fields.day", "item.fields.name", "item.fields.size", "item.fields.z"], failure.Violations.Select(v => v.Split(':')[0]).Order());
    }

    [Fact]
    public async Task Create_WithATakenId_IsRefused()
    {
        var id = await DefineAsync();
        await fixture.Caller().CreateAsync(id, Fields(("name", "x")), "one");
        Assert.Equal(StatusCode.AlreadyExists, (await Caller.FailureAsync(() => fixture.Caller().CreateAsync(id, Fields(("name", "y")), "one"))).Code);
        Assert.Equal(["item_id"], (await Caller.FailureAsync(() => fixture.Caller().CreateAsync(id, Fields(("name", "y")), "a/b"))).Violations.Select(v => v.Split(':')[0]));
    }

    [Fact]
    public async Task Create_WithTheSameRequestId_AnswersTheFirstItem()
    {
        var id = await DefineAsync();
        var (admin, request) = (fixture.Caller(), Guid.NewGuid().ToString());
        var items = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => admin.CreateAsync(id, Fields(("name", "x")), requestId: request)));
        Assert.Single(items.Select(item => item.Name).Distinct());
        Assert.Single(await admin.IdsAsync(id));
        await fixture.CallerWith(["admin"], ["*"], "another").CreateAsync(id, Fields(("name", "x")), requestId: request);
        Assert.Equal(2, (await admin.IdsAsync(id)).Length);

        await fixture.AskAsync<object>($"WITH a AS (UPDATE create_requests SET create_time = create_time - interval '25 hours' WHERE request_id = '{request}' RETURNING 1) SELECT count(*) FROM a");
        await admin.CreateAsync(id, Fields(("name", "x")), requestId: request);
        Assert.Equal(3, (await admin.IdsAsync(id)).Length);
        Assert.Equal(["request_id: expected a UUID"], (await Caller.FailureAsync(() => admin.CreateAsync(id, Fields(("name", "x")), requestId: "1"))).Violations);
    }

    [Fact]
    public async Task Update_WithAMask_ChangesWhatItNames()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        await admin.CreateAsync(id, Fields(("name", "x"), ("size", 1), ("rate", 1)), "one");
        Assert.Equal(Fields(("name", "x"), ("size", 1), ("rate", 2)), (await admin.UpdateAsync(id, "one", Fields(("rate", 2)))).Fields);
        Assert.Equal(Fields(("name", "x"), ("rate", 2)), (await admin.UpdateAsync(id, "one", Fields(("size", null)))).Fields);
        Assert.Equal(Fields(("name", "y")), (await admin.UpdateAsync(id, "one", Fields(("name", "y"), ("size", 5)), mask: "fields.name,rate")).Fields);
        Assert.Equal(["item.fields.name: a value is required"], (await Caller.FailureAsync(() => admin.UpdateAsync(id, "one", Fields(), mask: "name"))).Violations);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => admin.UpdateAsync(id, "two", Fields()))).Code);
    }

    [Fact]
    public async Task UpdateAndDelete_WithAnOldEtag_AreRefused()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        var first = await admin.CreateAsync(id, Fields(("name", "x")), "one");
        var second = await admin.UpdateAsync(id, "one", Fields(("name", "y")), first.Etag);
        Assert.Equal(StatusCode.Aborted, (await Caller.FailureAsync(() => admin.UpdateAsync(id, "one", Fields(("name", "z")), first.Etag))).Code);
        Assert.Equal(StatusCode.Aborted, (await Caller.FailureAsync(() => admin.DeleteAsync(id, "one", first.Etag))).Code);
        await admin.DeleteAsync(id, "one", second.Etag);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => admin.DeleteAsync(id, "one"))).Code);
    }

    [Fact]
    public async Task Update_ByManyAtOnce_LosesNone()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        await admin.CreateAsync(id, Fields(("name", "x"), ("size", 0)), "one");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var done = 0; done < 5;)
            {
                var item = await admin.GetAsync(id, "one");
                try
                {
                    await admin.UpdateAsync(id, "one", Fields(("size", item.Fields.Fields["size"].NumberValue + 1)), item.Etag);
                    done++;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
                {
                    await Task.Yield();
                }
            }
        }));
        Assert.Equal(20, (await admin.GetAsync(id, "one")).Fields.Fields["size"].NumberValue);
    }

    [Fact]
    public async Task Update_MayNotMoveARowOutOfReach()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("status")], Admins, Rule("clerk", "status = open OR status = shut", Action.Read), Rule("clerk", "status != done", Action.Update)));
        await fixture.Caller().CreateAsync(id, Fields(("status", "open")), "one");
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*", "data:write:*"], "carl");
        foreach (var status in (string[])["done", "elsewhere"])
            Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => clerk.UpdateAsync(id, "one", Fields(("status", status))))).Code);
        Assert.Equal("shut", (await clerk.UpdateAsync(id, "one", Fields(("status", "shut")))).Fields.Fields["status"].StringValue);
    }

    [Fact]
    public async Task Create_WhereARequiredFieldIsHidden_IsDeniedWithoutNamingIt()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("name"), Field("salary", visibleTo: "admin", required: true)], Admins, Rule("clerk", "", Action.Read, Action.Create)));
        var clerk = fixture.CallerWith(["clerk"], ["data:write:*", "data:import:*"], "carl");
        foreach (var call in (Func<Task>[])[() => clerk.CreateAsync(id, Fields(("name", "x"))), () => clerk.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "name\nx" })])
        {
            var failure = await Caller.FailureAsync(call);
            Assert.Equal((StatusCode.PermissionDenied, "No row rule of the dataset lets you create such an item."), (failure.Code, failure.Message));
        }
    }

    [Fact]
    public async Task Create_OfARowThatItsCreatorMayNotRead_AnswersItsNameOnly()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("name")], Admins, Rule("sender", "", Action.Create)));
        var sender = fixture.CallerWith(["sender"], ["data:write:*", "data:read:*"], "sam");
        Assert.Equal(new Item { Name = $"datasets/{id}/items/one" }, await sender.CreateAsync(id, Fields(("name", "x")), "one"));
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => sender.GetAsync(id, "one"))).Code);
    }

    [Fact]
    public async Task OtherOrganisations_FindNothing()
    {
        var stranger = fixture.Caller("admin", "ann", "elsewhere");
        Func<Task>[] calls =
        [
            () => stranger.ListAsync("movies"), () => stranger.GetAsync("movies", "movie-0001"), () => stranger.CreateAsync("movies", Fields(("title", "x"))),
            () => stranger.UpdateAsync("movies", "movie-0001", Fields(("title", "x"))), () => stranger.DeleteAsync("movies", "movie-0001"),
            () => stranger.ImportAsync(new ImportItemsRequest { Dataset = "movies", Csv = "title\nx" }),
            () => stranger.Items.QueryItems(new QueryItemsRequest { Dataset = "movies" }, stranger.Options).ResponseStream.MoveNext(default),
            () => stranger.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = "movies" }, stranger.Options).ResponseAsync,
            () => stranger.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = new Dataset { Id = "movies", DisplayName = "x" } }, stranger.Options).ResponseAsync,
            () => stranger.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = "movies" }, stranger.Options).ResponseAsync,
        ];
        foreach (var call in calls)
        {
            var failure = await Caller.FailureAsync(call);
            Assert.Equal((StatusCode.NotFound, "There is no dataset 'movies'."), (failure.Code, failure.Message));
        }

        Assert.Empty((await stranger.Datasets.ListDatasetsAsync(new ListDatasetsRequest(), stranger.Options)).Datasets);
    }

    [Theory]
    [InlineData("name = \"'; DROP TABLE datasets; --\"")]
    [InlineData("name = \"x' OR '1'='1\"")]
    [InlineData("name:\"%' OR true --\"")]
    [InlineData("tags:\"') OR (true\"")]
    public async Task Filter_WithSqlInItsValue_IsJustText(string filter)
    {
        var id = await DefineAsync();
        await fixture.Caller().CreateAsync(id, Fields(("name", "x"), ("tags", (string[])["y"])));
        Assert.Empty(await fixture.Caller().IdsAsync(id, filter));
        Assert.Single(await fixture.Caller().IdsAsync(id));
    }

    [Theory]
    [InlineData("name' OR true --", "x")]
    [InlineData("fields", "x")]
    [InlineData("owner", "ann")]
    [InlineData("id", "one")]
    [InlineData("(SELECT 1)", "1")]
    public async Task Filter_WithSqlInItsName_IsAnUnknownField(string name, string value)
    {
        var id = await DefineAsync();
        var failure = await Caller.FailureAsync(() => fixture.Caller().ListAsync(id, $"{name} = {value}"));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.All(failure.Violations, v => Assert.StartsWith("filter: position", v, StringComparison.Ordinal));
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset(
            [
                Field("name", required: true), Field("size", Type.Integer), Field("rate", Type.Number), Field("flag", Type.Boolean), Field("made", Type.Timestamp), Field("day", Type.Date),
                Field("tags", Type.StringList),
            ],
            Admins));
        return id;
    }
}
