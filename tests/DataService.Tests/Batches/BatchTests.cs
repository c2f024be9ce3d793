using System.Text.Json.Nodes;
using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Batches;

/// <summary>Several items in one call, all or none (D3).</summary>
[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class BatchTests(DataFixture fixture)
{
    [Fact]
    public async Task Batches_CreateGetUpdateAndDelete_InTheOrderOfTheRequest()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        var created = await admin.Items.BatchCreateItemsAsync(Create(id, ("b", 1), ("", 2), ("a", 3)), admin.Options);
        Assert.Equal([1d, 2, 3], created.Items.Select(i => i.Fields.Fields["n"].NumberValue));
        Assert.Equal($"datasets/{id}/items/b", created.Items[0].Name);

        var got = await admin.Items.BatchGetItemsAsync(new() { Dataset = id, Items = { "b", "a" }, ReadMask = new() { Paths = { "n" } } }, admin.Options);
        Assert.Equal([created.Items[0], created.Items[2]], got.Items);

        var updated = await admin.Items.BatchUpdateItemsAsync(Update(id, ("b", 10, created.Items[0].Etag), ("a", 30, "")), admin.Options);
        Assert.Equal(["b 10", "a 30"], updated.Items.Select(i => $"{i.Name.Split('/')[^1]} {i.Fields.Fields["n"].NumberValue}"));
        await admin.Items.BatchDeleteItemsAsync(Delete(id, ("a", updated.Items[1].Etag), ("b", "")), admin.Options);
        Assert.Single(await admin.IdsAsync(id));
        Assert.Equal(
            "batch_create 3,batch_get 3,batch_get 2,batch_update 2,batch_delete 2",
            await fixture.AskAsync<string>($"SELECT string_agg(action || ' ' || item_count, ',' ORDER BY id) FROM access_log WHERE dataset = '{id}' AND action LIKE 'batch%'"));
    }

    [Fact]
    public async Task ABatchThatFailsAnywhere_ChangesNothing_AndSaysWhere()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        await admin.Items.BatchCreateItemsAsync(Create(id, ("a", 1), ("b", 2)), admin.Options);
        var before = (await admin.ListAsync(id)).Items;
        (Func<Task> Call, StatusCode Code, string Message)[] failing =
        [
            (() => admin.Items.BatchGetItemsAsync(new() { Dataset = id, Items = { "a", "c" } }, admin.Options).ResponseAsync, StatusCode.NotFound, "items[1]: There is no item 'c'."),
            (() => admin.Items.BatchGetItemsAsync(new() { Dataset = id, Items = { "a", "a" } }, admin.Options).ResponseAsync, StatusCode.InvalidArgument, "items[1]: expected each item once"),
            (() => admin.Items.BatchCreateItemsAsync(Create(id, ("c", 1), ("b", 2)), admin.Options).ResponseAsync, StatusCode.AlreadyExists, "requests[1]: The item 'b' exists already."),
            (() => admin.Items.BatchCreateItemsAsync(Create(id, ("c", 1), ("c", 2)), admin.Options).ResponseAsync, StatusCode.InvalidArgument, "requests[1].item_id: expected each id once"),
            (() => admin.Items.BatchCreateItemsAsync(Create(id, ("c", 1), ("d", 0.5)), admin.Options).ResponseAsync, StatusCode.InvalidArgument, "requests[1].item.fields.n: expected a 64-bit integer"),
            (() => admin.Items.BatchUpdateItemsAsync(Update(id, ("a", 5, ""), ("b", 5, "stale")), admin.Options).ResponseAsync, StatusCode.Aborted, "requests[1]: The item 'b' was changed by someone else; read it again."),
            (() => admin.Items.BatchUpdateItemsAsync(Update(id, ("a", 5, ""), ("c", 5, "")), admin.Options).ResponseAsync, StatusCode.NotFound, "requests[1]: There is no item 'c'."),
            (() => admin.Items.BatchUpdateItemsAsync(Update(id, ("a", 5, ""), ("b", "x", "")), admin.Options).ResponseAsync, StatusCode.InvalidArgument, "requests[1].item.fields.n: expected a 64-bit integer"),
            (() => admin.Items.BatchUpdateItemsAsync(Update(id, ("a", 5, ""), ("a", 6, "")), admin.Options).ResponseAsync, StatusCode.InvalidArgument, "requests[1].item_id: expected each item once"),
            (() => admin.Items.BatchDeleteItemsAsync(Delete(id, ("a", ""), ("b", "stale")), admin.Options).ResponseAsync, StatusCode.Aborted, "requests[1]: The item 'b' was changed by someone else; read it again."),
            (() => admin.Items.BatchDeleteItemsAsync(Delete(id, ("a", ""), ("b/", "")), admin.Options).ResponseAsync, StatusCode.NotFound, "requests[1]: There is no item 'b/'."),
            (() => admin.Items.BatchDeleteItemsAsync(new() { Dataset = id, Requests = { new DeleteItemRequest { Item = "a", Dataset = "movies" } } }, admin.Options).ResponseAsync, StatusCode.InvalidArgument, "requests[0].dataset: expected the dataset of the batch, or nothing"),
        ];
        foreach (var (call, code, message) in failing)
        {
            var failure = await Caller.FailureAsync(call);
            Assert.Equal((code, message), (failure.Code, failure.Message));
        }

        Assert.Equal(before, (await admin.ListAsync(id)).Items);
    }

    [Fact]
    public async Task Batches_HoldRowRules_ForEachItem()
    {
        var id = await DefineAsync();
        var (admin, clerk) = (fixture.Caller(), fixture.CallerWith(["clerk"], ["data:read:*", "data:write:*", "data:delete:*"], "carl"));
        await admin.Items.BatchCreateItemsAsync(Create(id, ("hidden", 100), ("seen", 5), ("fixed", 6), ("mine", 7)), admin.Options);
        var before = (await admin.ListAsync(id)).Items;
        (Func<Task> Call, StatusCode Code, string Message)[] failing =
        [
            (() => clerk.Items.BatchGetItemsAsync(new() { Dataset = id, Items = { "seen", "hidden" } }, clerk.Options).ResponseAsync, StatusCode.NotFound, "items[1]: There is no item 'hidden'."),
            (() => clerk.Items.BatchUpdateItemsAsync(Update(id, ("seen", 4, ""), ("hidden", 4, "")), clerk.Options).ResponseAsync, StatusCode.NotFound, "requests[1]: There is no item 'hidden'."),
            (() => clerk.Items.BatchUpdateItemsAsync(Update(id, ("seen", 4, ""), ("fixed", 4, "")), clerk.Options).ResponseAsync, StatusCode.PermissionDenied, "requests[1]: No row rule of the dataset lets you update such an item."),
            (() => clerk.Items.BatchUpdateItemsAsync(Update(id, ("mine", 4, ""), ("seen", 50, "")), clerk.Options).ResponseAsync, StatusCode.PermissionDenied, "requests[1]: No row rule of the dataset lets you update such an item."),
            (() => clerk.Items.BatchCreateItemsAsync(Create(id, ("x", 1), ("y", 50)), clerk.Options).ResponseAsync, StatusCode.PermissionDenied, "requests[1]: No row rule of the dataset lets you create such an item."),
            (() => clerk.Items.BatchDeleteItemsAsync(Delete(id, ("mine", ""), ("seen", "")), clerk.Options).ResponseAsync, StatusCode.PermissionDenied, "requests[1]: No row rule of the dataset lets you delete such an item."),
            (() => clerk.Items.BatchDeleteItemsAsync(Delete(id, ("mine", ""), ("hidden", "")), clerk.Options).ResponseAsync, StatusCode.NotFound, "requests[1]: There is no item 'hidden'."),
        ];
        foreach (var (call, code, message) in failing)
        {
            var failure = await Caller.FailureAsync(call);
            Assert.Equal((code, message), (failure.Code, failure.Message));
        }

        Assert.Equal(before, (await admin.ListAsync(id)).Items);
        await clerk.Items.BatchDeleteItemsAsync(Delete(id, ("mine", "")), clerk.Options);
        Assert.Equal(3, (await admin.ListAsync(id)).Items.Count);
    }

    [Fact]
    public async Task Batches_AreOfOneToAThousand()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        var thousand = new BatchCreateItemsRequest { Dataset = id };
        for (var i = 0; i < 1000; i++) thousand.Requests.Add(new CreateItemRequest { Item = new Item { Fields = Fields(("n", i)) }, ItemId = $"i{i}" });
        Assert.Equal(1000, (await admin.Items.BatchCreateItemsAsync(thousand, admin.Options)).Items.Count);
        thousand.Requests.Add(new CreateItemRequest());
        foreach (var request in (BatchCreateItemsRequest[])[thousand, new() { Dataset = id }])
            Assert.Equal(["requests: expected 1 to 1000"], (await Caller.FailureAsync(() => admin.Items.BatchCreateItemsAsync(request, admin.Options).ResponseAsync)).Violations);
        Assert.Equal(["items: expected 1 to 1000"], (await Caller.FailureAsync(() => admin.Items.BatchGetItemsAsync(new() { Dataset = id }, admin.Options).ResponseAsync)).Violations);
    }

    [Fact]
    public async Task BatchesOverTheSameItems_AtOnce_AllHappen_OrSayThatTheyDidNot()
    {
        const int Items = 20, Batches = 12;
        var id = await DefineAsync();
        var admin = fixture.Caller();
        await admin.Items.BatchCreateItemsAsync(Create(id, [.. Enumerable.Range(0, Items).Select(i => ($"i{i}", (object)0))]), admin.Options);
        var done = await Task.WhenAll(Enumerable.Range(1, Batches).Select(async batch =>
        {
            // Each in another order, which is what deadlocks come from.
            var order = Enumerable.Range(0, Items).OrderBy(i => i * 7 * batch % 23);
            try
            {
                await admin.Items.BatchUpdateItemsAsync(Update(id, [.. order.Select(i => ($"i{i}", (object)batch, ""))]), admin.Options);
                return batch;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
            {
                return 0;
            }
        }));
        var values = (await admin.ListAsync(id)).Items.Select(item => (int)item.Fields.Fields["n"].NumberValue).Distinct();
        Assert.Contains(Assert.Single(values), done.Where(batch => batch > 0));
    }

    [Fact]
    public async Task Batches_OverHttp()
    {
        var id = await DefineAsync();
        var (admin, items) = (fixture.Caller(), $"/api/data/datasets/{id}/items");
        var created = await admin.SendAsync(HttpMethod.Post, $"{items}:batchCreate", """{"requests":[{"itemId":"a","item":{"fields":{"n":1}}},{"itemId":"b","item":{"fields":{"n":2}}}]}""");
        Assert.True(created.Status == 200, created.Body);
        var (_, body) = await admin.SendAsync(HttpMethod.Get, $"{items}:batchGet?items=b&items=a");
        Assert.Equal(["b", "a"], JsonNode.Parse(body)!["items"]!.AsArray().Select(i => ((string)i!["name"]!).Split('/')[^1]));
        Assert.Equal(200, (await admin.SendAsync(HttpMethod.Post, $"{items}:batchUpdate", """{"requests":[{"itemId":"a","item":{"fields":{"n":3}}}]}""")).Status);
        var (status, problem) = await admin.SendAsync(HttpMethod.Post, $"{items}:batchDelete", """{"requests":[{"item":"a"},{"item":"c"}]}""");
        Assert.Equal(404, status);
        Assert.Contains("requests[1]", problem, StringComparison.Ordinal);
        Assert.Equal(200, (await admin.SendAsync(HttpMethod.Post, $"{items}:batchDelete", """{"requests":[{"item":"a"},{"item":"b"}]}""")).Status);
        Assert.Empty(await admin.IdsAsync(id));
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset(
            [Field("n", Type.Integer), Field("secret", visibleTo: "boss")], Admins, Rule("clerk", "n < 10"), Rule("clerk", "n < 10 AND n != 6", Action.Update), Rule("clerk", "n < 10", Action.Create), Rule("clerk", "n = 7", Action.Delete)));
        return id;
    }

    private static BatchCreateItemsRequest Create(string dataset, params (string Id, object Value)[] items) => new()
    {
        Dataset = dataset,
        Requests = { items.Select(i => new CreateItemRequest { ItemId = i.Id, Item = new Item { Fields = Fields(("n", i.Value)) } }) },
    };

    private static BatchUpdateItemsRequest Update(string dataset, params (string Id, object Value, string Etag)[] items) => new()
    {
        Dataset = dataset,
        Requests = { items.Select(i => new UpdateItemRequest { ItemId = i.Id, Item = new Item { Fields = Fields(("n", i.Value)), Etag = i.Etag } }) },
    };

    private static BatchDeleteItemsRequest Delete(string dataset, params (string Id, string Etag)[] items) => new()
    {
        Dataset = dataset,
        Requests = { items.Select(i => new DeleteItemRequest { Item = i.Id, Etag = i.Etag }) },
    };
}
