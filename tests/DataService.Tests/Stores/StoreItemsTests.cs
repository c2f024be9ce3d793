using System.Globalization;
using System.Text;
using AiMesh.Data.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using FieldType = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>Items over the whole service: whatever the store, three roles get word for word what they get from PostgreSQL.</summary>
[Trait("Level", "Server")]
public sealed class StoreItemsTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    // All of it with AIMESH_FULL=1; the server of Cosmos DB's API takes long to read each query.
    private static readonly int Step = Environment.GetEnvironmentVariable("AIMESH_FULL") == "1" ? 1 : 3;

    private static int _datasets;

    public static TheoryData<string> Elsewhere => ["dynamo", "cosmos", "fire"];

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task EveryRole_GetsTheSame_AsFromPostgreSql(string store)
    {
        var expected = await TranscriptAsync("");
        Assert.Equal(expected, await TranscriptAsync(store));

        // Something was said in it.
        Assert.InRange(expected.Split('\n').Length, 500, 100_000);
        foreach (var word in (string[])["PermissionDenied", "NotFound", "unknown field 'secret'", "more", "\\ud83d\\ude00"]) Assert.Contains(word, expected, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Writes_KeepEtagsAndRequests(string store)
    {
        var (admin, id) = (data.Caller("admin"), await DefineAsync(store));
        var created = await admin.CreateAsync(id, Fields(("title", "one"), ("status", "open"), ("secret", "still")), "a");
        Assert.Equal(created.Etag, (await admin.GetAsync(id, "a")).Etag);
        Assert.Equal(StatusCode.AlreadyExists, (await Caller.FailureAsync(() => admin.CreateAsync(id, Fields(("title", "two")), "a"))).Code);

        var updated = await admin.UpdateAsync(id, "a", Fields(("title", "two")), created.Etag);
        Assert.NotEqual(created.Etag, updated.Etag);
        Assert.Equal("open", updated.Fields.Fields["status"].StringValue);
        Assert.Equal(StatusCode.Aborted, (await Caller.FailureAsync(() => admin.UpdateAsync(id, "a", Fields(("title", "three")), created.Etag))).Code);
        Assert.Equal(StatusCode.Aborted, (await Caller.FailureAsync(() => admin.DeleteAsync(id, "a", created.Etag))).Code);

        // What a role does not see does not change its etag.
        var viewer = data.Caller("viewer");
        var seen = (await viewer.GetAsync(id, "a")).Etag;
        await admin.UpdateAsync(id, "a", Fields(("secret", "moved")));
        Assert.Equal(seen, (await viewer.GetAsync(id, "a")).Etag);

        var request = Guid.NewGuid().ToString();
        var first = await admin.CreateAsync(id, Fields(("title", "once")), requestId: request);
        Assert.Equal(first.Name, (await admin.CreateAsync(id, Fields(("title", "once")), requestId: request)).Name);
        Assert.Equal(2, (await admin.ListAsync(id)).Items.Count);
        await admin.DeleteAsync(id, "a", (await admin.GetAsync(id, "a")).Etag);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => admin.GetAsync(id, "a"))).Code);
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Updates_AtTheSameTime_LoseNothing(string store)
    {
        var (admin, id) = (data.Caller("admin"), await DefineAsync(store));
        await admin.CreateAsync(id, Fields(("title", "a"), ("size", 0)), "a");
        await Task.WhenAll(((string[])["title", "status", "rating"]).Select(async name =>
        {
            object value = name == "rating" ? 1.5 : "new";
            while (true)
            {
                try
                {
                    await admin.UpdateAsync(id, "a", Fields((name, value)));
                    return;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
                {
                    // Busy: try again, as it says.
                }
            }
        }));
        Assert.Equal(4, (await admin.GetAsync(id, "a")).Fields.Fields.Count);
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Redefinition_IsHeldAgainstWhatTheStoreHas_AndDeletionTakesItAll(string store)
    {
        var (admin, id) = (data.Caller("admin"), await DefineAsync(store));
        await admin.CreateAsync(id, Fields(("title", "a"), ("note", "n")), "a");
        var dataset = await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options);
        Assert.Equal(store, dataset.Store);
        Assert.Equal("", (await data.Caller("viewer").Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, data.Caller("viewer").Options)).Store);

        dataset.Fields.Remove(dataset.Fields.Single(static field => field.Name == "note"));
        dataset.Fields.Single(static field => field.Name == "status").Required = true;
        var refused = await Caller.FailureAsync(() => UpdateAsync(admin, dataset));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Equal(2, refused.Violations.Length);

        // A new rule holds from its next read on.
        dataset = await admin.Datasets.GetDatasetAsync(new GetDatasetRequest { Dataset = id }, admin.Options);
        Assert.Empty((await data.Caller("viewer").ListAsync(id)).Items);
        dataset.RowRules.Add(Rule("viewer", "", Action.Read));
        await UpdateAsync(admin, dataset);
        Assert.Single((await data.Caller("viewer").ListAsync(id)).Items);

        await admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = id }, admin.Options);
        Assert.Equal(StatusCode.NotFound, (await Caller.FailureAsync(() => admin.ListAsync(id))).Code);
    }

    [Fact]
    public async Task WhatAStoreLacks_IsSaid()
    {
        var (admin, id) = (data.Caller("admin"), await DefineAsync("dynamo"));
        var tooMany = string.Join('\n', Enumerable.Range(0, 150).Select(i => $$"""{"title": "{{i}}"}"""));
        var refused = await Caller.FailureAsync(() => admin.ImportAsync(new ImportItemsRequest { Dataset = id, Json = tooMany }));
        Assert.Equal(StatusCode.FailedPrecondition, refused.Code);
        Assert.Contains("100 items", refused.Message, StringComparison.Ordinal);
        Assert.Equal(150, (await admin.ImportAsync(new ImportItemsRequest { Dataset = id, Json = tooMany, SkipInvalid = true })).ImportedCount);

        var large = Fields([.. ((string[])["title", "status", "secret", "note"]).Select(static name => (name, (object?)new string('x', 99_000)))]);
        Assert.Equal(StatusCode.FailedPrecondition, (await Caller.FailureAsync(() => admin.CreateAsync(id, large))).Code);
    }

    [Fact]
    public async Task AnUnknownStore_IsNamedAsTheFault()
    {
        var refused = await Caller.FailureAsync(() => DefineAsync("nowhere"));
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.StartsWith("dataset.store:", refused.Violations.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStoreThatIsAway_IsUnavailable_AndDegradesHealth()
    {
        Assert.Equal(StatusCode.Unavailable, (await Caller.FailureAsync(() => DefineAsync("gone"))).Code);
        var (status, body) = await data.Caller("admin").SendAsync(HttpMethod.Get, "/health");
        Assert.Equal(200, status);
        Assert.Contains("Degraded", body, StringComparison.Ordinal);
        Assert.Contains("stores", body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task EveryAccess_IsRecorded(string store)
    {
        var (admin, id) = (data.Caller("admin"), await DefineAsync(store));
        await admin.CreateAsync(id, Fields(("title", "a")), "a");
        await admin.ListAsync(id);
        await admin.GetAsync(id, "a");
        await admin.UpdateAsync(id, "a", Fields(("title", "b")));
        await admin.DeleteAsync(id, "a");
        await using var connection = new Npgsql.NpgsqlConnection(data.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            $"""
            SELECT string_agg(action, ',' ORDER BY action) FROM (
                SELECT action FROM access_inbox WHERE dataset = '{id}' UNION ALL SELECT substr(action, 6) FROM audit_events WHERE target = '{id}' AND action <> 'data.define') entries
            """, connection);
        Assert.Equal("create,delete,get,list,update", await command.ExecuteScalarAsync());
    }

    private static Task<Dataset> UpdateAsync(Caller admin, Dataset dataset) => admin.Datasets.UpdateDatasetAsync(
        new UpdateDatasetRequest { Dataset = dataset, UpdateMask = new FieldMask { Paths = { "fields", "row_rules" } } }, admin.Options).ResponseAsync;

    private async Task<string> DefineAsync(string store)
    {
        var id = FormattableString.Invariant($"stored-{Interlocked.Increment(ref _datasets)}");
        var dataset = Dataset(
            [
                Field("title"), Field("status"), Field("size", FieldType.Integer), Field("rating", FieldType.Number, "admin,member"), Field("secret", visibleTo: "admin"),
                Field("note", visibleTo: "admin"), Field("made", FieldType.Timestamp), Field("done", FieldType.Boolean), Field("tags", FieldType.StringList),
            ],
            Admins,
            Rule("member", "status = \"open\" OR row.owner = user.id", Action.Read, Action.Create, Action.Update, Action.Delete),
            Rule("viewer", "status = \"open\" AND (NOT size:* OR size <= 50) AND NOT secret = \"s3\"", Action.Read));
        dataset.Fields.Single(static field => field.Name == "note").Views.Add(new FieldView { Roles = { "viewer" }, Condition = "size < 20" });
        dataset.Fields.Single(static field => field.Name == "secret").Views.Add(new FieldView { Roles = { "viewer" }, Mask = Data.V1.Field.Types.Mask.Partial, Condition = "done = true" });
        dataset.Store = store;
        await data.Caller("admin").DefineAsync(id, dataset);
        return id;
    }

    // Everything that three callers get, without what differs by nature: the dataset's id, etags, times, tokens.
    private async Task<string> TranscriptAsync(string store)
    {
        var (id, text) = (await DefineAsync(store), new StringBuilder());
        Caller[] callers = [data.Caller("admin"), data.Caller("member", "mia"), data.Caller("viewer")];
        var rows = string.Join('\n', Enumerable.Range(0, 70).Select(i =>
            $$"""{"id": "r{{i:D2}}", "title": "{{(i % 7 == 0 ? "é😀" : i % 5 == 0 ? "\\uE000" : "t")}}{{i % 10}}", "status": "{{(i % 3 == 0 ? "closed" : "open")}}", "secret": "s{{i % 4}}", "note": "note {{i}}", "tags": ["{{(i % 2 == 0 ? "even" : "odd")}}"]{{(i % 4 == 0 ? "" : $", \"size\": {i}")}}{{(i % 6 == 0 ? "" : FormattableString.Invariant($", \"rating\": {i / 8.0}"))}}, "made": "2026-11-21T10:{{i % 60:D2}}:00.5Z", "done": {{(i % 2 == 0 ? "true" : "false")}}}"""));
        await NoteAsync(() => callers[0].ImportAsync(new ImportItemsRequest { Dataset = id, Json = rows, IdField = "id", SkipInvalid = true }));
        await NoteAsync(() => callers[0].ImportAsync(new ImportItemsRequest { Dataset = id, Json = "{\"id\":\"r01\",\"title\":\"again\"}\n{\"id\":\"new\",\"title\":\"x\"}", IdField = "id", SkipInvalid = true }));
        await NoteAsync(() => callers[0].ImportAsync(new ImportItemsRequest { Dataset = id, Json = "{\"id\":\"r01\",\"title\":\"again\"}", IdField = "id" }));
        await NoteAsync(() => callers[0].ImportAsync(new ImportItemsRequest { Dataset = id, Json = "{\"id\":\"r01\",\"title\":\"again\"}", IdField = "id", SkipInvalid = true, ValidateOnly = true }));
        foreach (var (name, status) in ((string, string)[])[("mine", "closed"), ("ours", "open")])
            foreach (var caller in callers) await NoteAsync(() => caller.CreateAsync(id, Fields(("title", name), ("status", status)), $"{name}-{caller.Subject}"));

        string[] filters =
        [
            "", "size > 20", "size <= 9 OR rating > 7", "title = \"t1\"", "title:😀", "title > \"t5\"", "title >= \"\uE000\"", "NOT title = \"t1\" AND size < 30", "tags:even AND done = true", "tags:\"ev*\" AND size < 20",
            "rating:* AND rating < 3", "-size:*", "secret = \"s1\"", "status = \"closed\"", "made < 2026-11-21T10:05:00Z", "done != true", "nothing = 1", "size = \"x\"", "title = \"*1\" OR title = \"é*\"",
        ];
        foreach (var caller in callers)
        {
            foreach (var filter in filters.Where((_, i) => i % Step == 0)) await NoteAsync(() => caller.ListAsync(id, filter));
            foreach (var order in ((string[])["size", "size desc, title", "title", "title desc", "rating desc", "done, made desc"]).Where((_, i) => i % Step == 1 % Step)) await PagesAsync(caller, order);
            await PagesAsync(caller, "");
            foreach (var order in (string[])["secret", "tags"]) await NoteAsync(() => caller.ListAsync(id, "", order));
            await NoteAsync(() => caller.ListAsync(id, "size > 10", "rating", 5, readMask: "title,size"));
            await NoteAsync(() => caller.ListAsync(id, readMask: "secret"));
            foreach (var item in (string[])["r00", "r01", "r61", "mine-mia", "none", ".."]) await NoteAsync(() => caller.GetAsync(id, item));
            await QueryAsync(caller, new QueryItemsRequest { Dataset = id, Filter = "size > 3", Limit = 7 });
            await QueryAsync(caller, new QueryItemsRequest { Dataset = id, OrderBy = "title, size desc" });
        }

        foreach (var caller in callers.Reverse())
        {
            foreach (var item in (string[])["r01", "r03", "r61", "mine-mia"])
            {
                await NoteAsync(() => caller.UpdateAsync(id, item, Fields(("title", "changed"), ("size", 7))));
                await NoteAsync(() => caller.UpdateAsync(id, item, Fields(("status", "closed"))));
                await NoteAsync(() => caller.UpdateAsync(id, item, Fields(("secret", "x"))));
                await NoteAsync(() => caller.UpdateAsync(id, item, Fields(), mask: "size"));
            }

            await NoteAsync(() => caller.DeleteAsync(id, "r02"));
            await NoteAsync(() => caller.DeleteAsync(id, "r03"));
            await NoteAsync(() => caller.ImportAsync(new ImportItemsRequest { Dataset = id, Json = $$"""{"title": "by import", "status": "{{(caller.Subject.Length > 0 ? "open" : "closed")}}"}""" }));
            await NoteAsync(() => caller.ListAsync(id, "title = \"changed\""));
        }

        return text.ToString().Replace(id, "DATASET", StringComparison.Ordinal);

        async Task PagesAsync(Caller caller, string order)
        {
            var token = "";
            do
            {
                var page = await NoteAsync(() => caller.ListAsync(id, "", order, 27, token));
                token = page?.NextPageToken ?? "";
            }
            while (token.Length > 0);
        }

        async Task QueryAsync(Caller caller, QueryItemsRequest request)
        {
            using var call = caller.Items.QueryItems(request, caller.Options);
            await foreach (var message in call.ResponseStream.ReadAllAsync())
            {
                Note(message.Items);
                text.AppendLine(message.Truncated.ToString());
            }
        }

        async Task<ListItemsResponse?> NoteAsync(Func<Task> call)
        {
            try
            {
                var task = call();
                await task;
                switch (task)
                {
                    case Task<ListItemsResponse> { Result: var page }:
                        Note(page.Items);
                        text.AppendLine(page.NextPageToken.Length > 0 ? "more" : "end");
                        return page;
                    case Task<Item> { Result: var item }:
                        Note([item]);
                        break;
                    case Task<ImportItemsResponse> { Result: var imported }:
                        text.AppendLine(imported.ToString());
                        break;
                }
            }
            catch (RpcException e)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"{e.StatusCode} {e.Status.Detail}");
            }

            return null;
        }

        void Note(IEnumerable<Item> items)
        {
            foreach (var item in items) text.AppendLine(CultureInfo.InvariantCulture, $"{(item.Name.EndsWith("-mia", StringComparison.Ordinal) || item.Name.Contains("/r", StringComparison.Ordinal) ? item.Name : "new")} {item.Fields} {item.UpdateTime is not null}");
        }
    }
}
