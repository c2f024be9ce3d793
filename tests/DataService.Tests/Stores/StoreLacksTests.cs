using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>
/// What datasets in other stores cannot do is refused before anything else is looked at: each request here has another fault, which would be the answer without its guard.
/// </summary>
[Trait("Level", "Server")]
public sealed class StoreLacksTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    [Fact]
    public async Task Aggregates_Batches_SearchAndWatch_AreRefused()
    {
        var id = await DefineAsync();
        (string Name, Func<Task> Call)[] calls =
        [
            ("aggregate", () => Admin.Items.AggregateItemsAsync(new AggregateItemsRequest { Dataset = id, Filter = "nothing = 1" }, Admin.Options).ResponseAsync),
            ("get", () => Admin.Items.BatchGetItemsAsync(new BatchGetItemsRequest { Dataset = id, Items = { "a" }, ReadMask = new() { Paths = { "nothing" } } }, Admin.Options).ResponseAsync),
            ("create", () => Admin.Items.BatchCreateItemsAsync(new BatchCreateItemsRequest { Dataset = id, Requests = { new CreateItemRequest { Item = new Item { Fields = Fields(("nothing", 1)) } } } }, Admin.Options).ResponseAsync),
            ("update", () => Admin.Items.BatchUpdateItemsAsync(
                new BatchUpdateItemsRequest { Dataset = id, Requests = { new UpdateItemRequest { ItemId = "/", Item = new Item { Fields = Fields(("nothing", 1)) } } } }, Admin.Options).ResponseAsync),
            ("delete", () => Admin.Items.BatchDeleteItemsAsync(new BatchDeleteItemsRequest { Dataset = id, Requests = { new DeleteItemRequest { Item = "/" } } }, Admin.Options).ResponseAsync),
            ("search", () => Admin.Items.SearchItemsAsync(new SearchItemsRequest { Dataset = id, Query = "x", Filter = "nothing = 1" }, Admin.Options).ResponseAsync),
            ("watch", async () =>
            {
                using var watch = Admin.Items.WatchItems(new WatchItemsRequest { Dataset = id, Filter = "nothing = 1" }, Admin.Options);
                await watch.ResponseStream.MoveNext(CancellationToken.None);
            }),
        ];
        var answers = new List<string>();
        foreach (var (name, call) in calls)
        {
            var refused = await Caller.FailureAsync(call);
            answers.Add($"{name} {refused.Code} {refused.Message == StoreLacks.This.Message}");
        }

        Assert.Equal(calls.Select(static call => $"{call.Name} {StatusCode.FailedPrecondition} True"), answers);
    }

    [Fact]
    public async Task WhateverTakesSql_IsRefused_OnItsWayToTheDatabase()
    {
        var id = await DefineAsync();
        var admin = Principal;
        await data.Service.Host.Services.GetRequiredService<DatasetCatalog>().UseAsync<bool>(admin, id, view =>
        {
            var refused = Assert.Throws<MeshException>(() => RequestScope.Enter(admin, view.Dataset, writes: false));
            Assert.Equal(StoreLacks.This, refused.Error);
            return Task.FromResult<Result<bool>>(true);
        }, CancellationToken.None);
    }

    [Fact]
    public async Task AStream_UnderWhichTheDatasetIsRedefined_IsBrokenOff()
    {
        var id = await DefineAsync();
        await Admin.CreateAsync(id, Fields(("title", "a")), "a");
        var (services, admin, handedOn) = (data.Service.Host.Services, Principal, 0);
        var error = await Assert.ThrowsAsync<MeshException>(() => services.GetRequiredService<DatasetCatalog>().UseAsync<bool>(admin, id, async view =>
        {
            await services.GetRequiredService<DocumentItems>().StreamAsync(new PageQuery(view, admin) { Limit = 10 }, async _ =>
            {
                handedOn++;
                await Admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = new Dataset { Id = id, Description = "another" } }, Admin.Options);
            }, CancellationToken.None);
            return true;
        }, CancellationToken.None));
        Assert.Equal((StatusCode.Aborted, 1), (error.Error.Code, handedOn));
    }

    [Fact]
    public void SearchableAndEncryptedFields_AreRefusedInADefinition()
    {
        var dataset = Dataset([Field("title"), Field("note")], Admins);
        (dataset.Id, dataset.Fields[0].Searchable, dataset.Fields[1].Encrypted) = ("lacks", true, true);
        Assert.Empty(DefinitionValidator.Check(dataset));
        dataset.Store = "dynamo";
        Assert.Equal(["dataset.fields[0].searchable", "dataset.fields[1].encrypted"], DefinitionValidator.Check(dataset).Select(static violation => violation.Field));
    }

    private static Principal Principal => new()
    {
        Kind = PrincipalKind.User,
        Subject = "admin",
        Organisation = "demo",
        TokenId = "t",
        Roles = ["admin"],
        Permissions = PermissionSet.Create("*"),
    };

    private async Task<string> DefineAsync()
    {
        var (id, dataset) = (FormattableString.Invariant($"lacks-{Interlocked.Increment(ref _datasets)}"), Dataset([Field("title")], Admins));
        dataset.Store = "dynamo";
        await Admin.DefineAsync(id, dataset);
        return id;
    }
}
