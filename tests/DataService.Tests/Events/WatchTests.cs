using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Events;

[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class WatchTests(DataFixture fixture)
{
    private readonly Caller _admin = fixture.Caller();

    [Fact]
    public async Task Watch_TellsOfCreatedUpdatedAndDeletedItems()
    {
        var dataset = await DefineAsync();
        await using var watcher = await Watcher.StartAsync(_admin, dataset);
        await _admin.CreateAsync(dataset, Fields(("title", "one")), "a");
        await _admin.UpdateAsync(dataset, "a", Fields(("title", "two")));
        await _admin.DeleteAsync(dataset, "a");
        await _admin.ImportAsync(new ImportItemsRequest { Dataset = dataset, Csv = "id,title\nb,three\nc,four\n", IdField = "id" });

        Assert.Equal("one", (await watcher.TakeAsync()).Item.Fields.Fields["title"].StringValue);
        var updated = await watcher.TakeAsync();
        Assert.Equal("two", updated.Item.Fields.Fields["title"].StringValue);
        Assert.NotEmpty(updated.Item.Etag);
        var deleted = await watcher.TakeAsync();
        Assert.Equal(WatchItemsResponse.Types.Change.Deleted, deleted.Change);
        Assert.Equal(new Item { Name = $"datasets/{dataset}/items/a" }, deleted.Item);
        Assert.Equal("Created b", await watcher.NextAsync());
        Assert.Equal("Created c", await watcher.NextAsync());
    }

    [Fact]
    public async Task Watch_OfRowsThatEnterAndLeaveWhatOneMaySee_LooksLikeCreateAndDelete()
    {
        var dataset = await DefineAsync();
        await _admin.CreateAsync(dataset, Fields(("title", "hidden"), ("status", "draft")), "a");
        await using var viewer = await Watcher.StartAsync(fixture.Caller("viewer"), dataset);
        await _admin.UpdateAsync(dataset, "a", Fields(("title", "still hidden")));
        await _admin.UpdateAsync(dataset, "a", Fields(("status", "open")));
        await _admin.UpdateAsync(dataset, "a", Fields(("title", "seen")));
        await _admin.UpdateAsync(dataset, "a", Fields(("status", "draft")));
        await _admin.DeleteAsync(dataset, "a");
        await MarkAsync(dataset);

        Assert.Equal(["Created a", "Updated a", "Deleted a", "Created mark"], await TakeAsync(viewer, 4));
    }

    [Fact]
    public async Task Watch_OfAHiddenField_TellsNothing()
    {
        var dataset = await DefineAsync();
        await _admin.CreateAsync(dataset, Fields(("title", "t"), ("status", "open"), ("secret", "1")), "a");
        await using var viewer = await Watcher.StartAsync(fixture.Caller("viewer"), dataset);
        await using var admin = await Watcher.StartAsync(_admin, dataset);
        await _admin.UpdateAsync(dataset, "a", Fields(("secret", "2")));
        await MarkAsync(dataset);

        var message = await viewer.TakeAsync();
        Assert.Equal($"datasets/{dataset}/items/mark", message.Item.Name);
        Assert.DoesNotContain("secret", message.Item.Fields.Fields.Keys);
        Assert.Null(message.Item.UpdateTime);
        Assert.Equal("Updated a", await admin.NextAsync());
    }

    [Fact]
    public async Task Watch_WithAFilter_TellsOfWhatTheFilterAsksFor()
    {
        var dataset = await DefineAsync();
        await using var watcher = await Watcher.StartAsync(_admin, dataset, "title = \"wanted\"");
        await _admin.CreateAsync(dataset, Fields(("title", "other")), "a");
        await _admin.UpdateAsync(dataset, "a", Fields(("title", "wanted")));
        await _admin.UpdateAsync(dataset, "a", Fields(("title", "other")));
        await _admin.CreateAsync(dataset, Fields(("title", "wanted")), "b");
        Assert.Equal(["Created a", "Deleted a", "Created b"], await TakeAsync(watcher, 3));

        await using var hidden = new WatcherFailure(fixture.Caller("viewer"), dataset, "secret = \"1\"");
        Assert.Contains(await hidden.ViolationsAsync(), v => v.Contains("unknown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watch_OfAnotherOrganisation_TellsNothing()
    {
        var dataset = await DefineAsync();
        var stranger = fixture.Caller(organisation: "other");
        await stranger.DefineAsync(dataset, Definition());
        await using var watcher = await Watcher.StartAsync(stranger, dataset);
        await _admin.CreateAsync(dataset, Fields(("title", "ours")), "ours");
        await stranger.CreateAsync(dataset, Fields(("title", "theirs")), "theirs");
        Assert.Equal("Created theirs", await watcher.NextAsync());
    }

    [Fact]
    public async Task Watch_Resumed_GoesOnAfterTheLastMessage()
    {
        var dataset = await DefineAsync();
        string token;
        await using (var watcher = await Watcher.StartAsync(_admin, dataset))
        {
            await _admin.ImportAsync(new ImportItemsRequest { Dataset = dataset, Csv = "id,title\na,1\nb,2\nc,3\n", IdField = "id" });
            Assert.Equal(["Created a", "Created b"], await TakeAsync(watcher, 2));
            token = watcher.ResumeToken;
        }

        await _admin.DeleteAsync(dataset, "a");
        await using var resumed = await Watcher.StartAsync(_admin, dataset, resumeToken: token);
        Assert.Equal(["Created c", "Deleted a"], await TakeAsync(resumed, 2));
    }

    [Fact]
    public async Task Watch_WithATokenOfSomebodyElseOrAnotherFilter_IsRefused()
    {
        var dataset = await DefineAsync();
        string token;
        await using (var watcher = await Watcher.StartAsync(_admin, dataset)) token = watcher.ResumeToken;
        await using var other = new WatcherFailure(fixture.Caller(subject: "another admin"), dataset, resumeToken: token);
        Assert.Contains("resume_token: expected the token of a message of the same watch", await other.ViolationsAsync());
        await using var filtered = new WatcherFailure(_admin, dataset, "title = \"x\"", token);
        Assert.Contains("resume_token: expected the token of a message of the same watch", await filtered.ViolationsAsync());
    }

    [Fact]
    public async Task Watch_WhenWhatOneMaySeeChanges_IsReset()
    {
        var dataset = await DefineAsync();
        await using var viewer = await Watcher.StartAsync(fixture.Caller("viewer"), dataset);
        var definition = Definition();

        // A field that viewers do not see tells them nothing.
        definition.Fields.Add(Field("more", visibleTo: "admin"));
        await RedefineAsync(dataset, definition);
        await MarkAsync(dataset);
        Assert.Equal("Created mark", await viewer.NextAsync());

        definition.RowRules.Add(Rule("viewer", "title = \"special\""));
        await RedefineAsync(dataset, definition);
        Assert.Equal("Reset", await viewer.NextAsync());
        await _admin.CreateAsync(dataset, Fields(("title", "special"), ("status", "draft")), "b");
        Assert.Equal("Created b", await viewer.NextAsync());
    }

    [Fact]
    public async Task Watch_OfARevokedToken_Ends()
    {
        var dataset = await DefineAsync();
        var token = fixture.Authority.Token("leaver", "demo", ["viewer"], ["data:list", "data:read:*"], tokenId: "token of a leaver");
        await using var watcher = await Watcher.StartAsync(new Caller(fixture.Service, token, "leaver"), dataset);
        fixture.Authority.RevokeToken("token of a leaver");
        Assert.Equal(StatusCode.Unauthenticated, (await watcher.EndAsync()).StatusCode);
    }

    [Fact]
    public async Task Watch_IsRecorded()
    {
        var dataset = await DefineAsync();
        await using (var watcher = await Watcher.StartAsync(_admin, dataset))
        {
            await MarkAsync(dataset);
            await watcher.NextAsync();
        }

        Assert.Equal(1L, await fixture.AskAsync<long>($"SELECT sum(item_count)::bigint FROM access_log WHERE dataset = '{dataset}' AND action = 'watch' AND subject = 'admin'"));
    }

    private static Dataset Definition() => Dataset(
        [Field("title"), Field("status"), Field("secret", visibleTo: "admin")], Admins, Rule("viewer", "status = \"open\"", Action.Read));

    private static async Task<string[]> TakeAsync(Watcher watcher, int count)
    {
        var taken = new string[count];
        for (var i = 0; i < count; i++) taken[i] = await watcher.NextAsync();
        return taken;
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await _admin.DefineAsync(id, Definition());
        return id;
    }

    private Task<Dataset> RedefineAsync(string id, Dataset definition)
    {
        var wanted = definition.Clone();
        wanted.Id = id;
        return _admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = wanted, UpdateMask = new FieldMask { Paths = { "fields", "row_rules" } } }, _admin.Options).ResponseAsync;
    }

    // What everybody sees, so that what was not told before it never will be.
    private Task<Item> MarkAsync(string dataset) => _admin.CreateAsync(dataset, Fields(("title", "mark"), ("status", "open")), "mark");

    private sealed class WatcherFailure(Caller caller, string dataset, string filter = "", string resumeToken = "") : IAsyncDisposable
    {
        private readonly AsyncServerStreamingCall<WatchItemsResponse> _call =
            caller.Items.WatchItems(new WatchItemsRequest { Dataset = dataset, Filter = filter, ResumeToken = resumeToken }, caller.Options);

        public async Task<string[]> ViolationsAsync() => (await Caller.FailureAsync(() => _call.ResponseStream.MoveNext(CancellationToken.None))).Violations;

        public ValueTask DisposeAsync()
        {
            _call.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
