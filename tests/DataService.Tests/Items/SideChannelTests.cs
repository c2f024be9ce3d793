using System.Text;
using AiMesh.Data.V1;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

/// <summary>A field that a role may not see is, in every answer, a field that does not exist (D4).</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class SideChannelTests(DataFixture fixture)
{
    // As long as the hidden name, so that positions and lengths agree too.
    private const string Hidden = "salary";
    private const string Unknown = "zalary";

    public static TheoryData<string> Calls => ["filter", "has", "presence", "not", "order", "mask", "get-mask", "create", "create-null", "update", "update-mask", "query", "import-csv", "import-json", "import-id"];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task HiddenField_IsRefusedLikeAnUnknownOne(string call)
    {
        var id = await FillAsync();
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*", "data:write:*", "data:import:*"], "carl");
        var hidden = await Caller.FailureAsync(() => CallAsync(clerk, id, call, Hidden));
        var unknown = await Caller.FailureAsync(() => CallAsync(clerk, id, call, Unknown));
        Assert.Equal(unknown.Code, hidden.Code);
        Assert.Equal(unknown.Message, hidden.Message.Replace(Hidden, Unknown, StringComparison.Ordinal));
        Assert.Equal(unknown.Violations, hidden.Violations.Select(v => v.Replace(Hidden, Unknown, StringComparison.Ordinal)));
        Assert.NotEmpty(hidden.Violations);
    }

    [Theory]
    [InlineData("?filter=salary%20%3E%201")]
    [InlineData("?orderBy=salary")]
    [InlineData("?readMask=salary")]
    [InlineData("/one?readMask=salary")]
    public async Task HiddenField_OverHttp_IsRefusedLikeAnUnknownOne(string query)
    {
        var id = await FillAsync();
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*"], "carl");
        var (status, body) = await clerk.SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}/items{query}");
        var unknown = await clerk.SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}/items{query.Replace(Hidden, Unknown, StringComparison.Ordinal)}");
        Assert.Equal(400, status);
        Assert.Equal(unknown, (status, body.Replace(Hidden, Unknown, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ChangeOfAHiddenField_LeavesWhatIsAnsweredAsItIs()
    {
        var id = await FillAsync();
        var (clerk, admin) = (fixture.CallerWith(["clerk"], ["data:read:*", "data:list"], "carl"), fixture.Caller());
        var (before, whole) = (await clerk.GetAsync(id, "one"), await admin.GetAsync(id, "one"));
        await admin.UpdateAsync(id, "one", Fields((Hidden, 2)));
        Assert.Equal(before, await clerk.GetAsync(id, "one"));
        Assert.Null(before.UpdateTime);
        var after = await admin.GetAsync(id, "one");
        Assert.NotEqual(whole.Etag, after.Etag);
        Assert.NotEqual(whole.UpdateTime, after.UpdateTime);
        await admin.UpdateAsync(id, "one", Fields(("name", "Anne")));
        Assert.NotEqual(before.Etag, (await clerk.GetAsync(id, "one")).Etag);
    }

    [Fact]
    public async Task ChangeOfAHiddenField_DoesNotBreakAConditionalUpdate()
    {
        var id = await FillAsync();
        var (clerk, admin) = (fixture.CallerWith(["clerk"], ["data:read:*", "data:write:*"], "carl"), fixture.Caller());
        var etag = (await clerk.GetAsync(id, "one")).Etag;
        await admin.UpdateAsync(id, "one", Fields((Hidden, 3)));
        var updated = await clerk.UpdateAsync(id, "one", Fields(("name", "Anna")), etag);
        Assert.Equal("Anna", updated.Fields.Fields["name"].StringValue);

        // And the value that the clerk does not see is still there.
        Assert.Equal(3, (await admin.GetAsync(id, "one")).Fields.Fields[Hidden].NumberValue);
    }

    [Fact]
    public async Task Definition_ForOthersThanDefiners_HasNeitherHiddenFieldsNorRulesNorRoles()
    {
        var id = await FillAsync();
        var clerk = fixture.CallerWith(["clerk"], ["data:read:*", "data:list"], "carl");
        var before = await clerk.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, clerk.Options);
        Assert.Equal(["name"], before.Fields.Select(field => field.Name));
        Assert.Empty(before.RowRules);
        Assert.Empty(before.Fields[0].VisibleTo);
        Assert.Null(before.UpdateTime);

        var admin = fixture.Caller();
        var whole = await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options);
        Assert.Equal(["name", Hidden], whole.Fields.Select(field => field.Name));
        whole.Fields[1].Description = "changed";
        await admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = whole }, admin.Options);
        Assert.Equal(before, await clerk.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, clerk.Options));
    }

    [Fact]
    public async Task PageToken_IsOpaqueAndBoundToCallerAndQuery()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset([Field("name"), Field("size", Type.Integer)], Admins, Rule("clerk")));
        foreach (var name in (string[])["secretive-a", "secretive-b", "secretive-c"]) await admin.CreateAsync(id, Fields(("name", name), ("size", 1)), name);
        var token = (await admin.ListAsync(id, "size = 1", "name", 1)).NextPageToken;
        Assert.DoesNotContain("secretive", Encoding.Latin1.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token)), StringComparison.Ordinal);
        Assert.Single((await admin.ListAsync(id, "size = 1", "name", 1, token)).Items);

        var other = fixture.CallerWith(["admin"], ["*"], "somebody-else");
        var flipped = token[..20] + (token[20] == 'A' ? 'B' : 'A') + token[21..];
        Func<Task>[] refused =
        [
            () => admin.ListAsync(id, "size = 2", "name", 1, token), () => admin.ListAsync(id, "size = 1", "name desc", 1, token), () => admin.ListAsync("movies", "", "", 1, token),
            () => other.ListAsync(id, "size = 1", "name", 1, token), () => admin.ListAsync(id, "size = 1", "name", 1, flipped), () => admin.ListAsync(id, "size = 1", "name", 1, "x"),
            () => admin.ListAsync(id, "size = 1", "name", 1, "not base64!"), () => admin.ListAsync(id, "size = 1", "name", 1, token + token),
        ];
        foreach (var call in refused)
        {
            Assert.Equal(["page_token: expected the token of the previous page, with the same filter and order"], (await Caller.FailureAsync(call)).Violations);
        }
    }

    private async Task<string> FillAsync()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        await admin.DefineAsync(id, Dataset(
            [Field("name"), Field(Hidden, Type.Integer, visibleTo: "boss")], Admins, Rule("clerk", "", Action.Read, Action.Create, Action.Update)));
        await admin.CreateAsync(id, Fields(("name", "Ann"), (Hidden, 1)), "one");
        return id;
    }

    private static Task CallAsync(Caller caller, string id, string call, string field) => call switch
    {
        "filter" => caller.ListAsync(id, $"name = Ann AND {field} > 0"),
        "has" => caller.ListAsync(id, $"{field}:1"),
        "presence" => caller.ListAsync(id, $"{field}:*"),
        "not" => caller.ListAsync(id, $"NOT {field}:*"),
        "order" => caller.ListAsync(id, "", $"name, {field} desc"),
        "mask" => caller.ListAsync(id, readMask: $"name,{field}"),
        "get-mask" => caller.Items.GetItemAsync(new GetItemRequest { Dataset = id, Item = "one", ReadMask = new() { Paths = { $"fields.{field}" } } }, caller.Options).ResponseAsync,
        "create" => caller.CreateAsync(id, Fields(("name", "Bob"), (field, "no number"))),
        "create-null" => caller.CreateAsync(id, Fields((field, null))),
        "update" => caller.UpdateAsync(id, "one", Fields((field, 5))),
        "update-mask" => caller.UpdateAsync(id, "one", Fields(), mask: $"{field}"),
        "query" => caller.Items.QueryItems(new QueryItemsRequest { Dataset = id, Filter = $"{field} = 1" }, caller.Options).ResponseStream.MoveNext(default),
        "import-csv" => caller.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = $"name,{field}\nBob,1\n" }),
        "import-json" => caller.ImportAsync(new ImportItemsRequest { Dataset = id, Json = $$"""[{"name":"Bob","{{field}}":1}]""" }),
        "import-id" => caller.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = $"name\nBob\n", IdField = field }),
        _ => throw new ArgumentOutOfRangeException(nameof(call)),
    };
}
