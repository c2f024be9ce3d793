using AiMesh.Data.V1;
using AiMesh.DataService.Tests.Stores;
using AiMesh.Testing;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Diagnostics;

/// <summary>What is said of the stores, and what is not (D7).</summary>
[Trait("Level", "Server")]
public sealed class StoreDiagnosisTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    [Fact]
    public async Task EveryStore_IsTold_WithItsDatasets_AndWithoutSecrets()
    {
        var admin = data.Caller("admin");
        foreach (var (id, store) in ((string, string)[])[("here", ""), ("there", "dynamo")])
        {
            var dataset = Dataset([Field("title")], Admins);
            dataset.Store = store;
            await admin.DefineAsync(id, dataset);
            await admin.CreateAsync(id, Fields(("title", "a")), "a");
        }

        // Of somebody else, and kept in what this replica no longer has.
        await new Caller(data.Service, data.Authority.Token("admin", "others", ["admin"], ["*"], null), "admin").DefineAsync("theirs", Dataset([Field("title")], Admins));
        await admin.DefineAsync("lost", Dataset([Field("title")], Admins));
        await data.Database.ExecuteAsync("""UPDATE datasets SET definition = definition || '{"store": "former"}' WHERE name = 'lost'""");

        var stores = (await admin.Stores.ListStoresAsync(new ListStoresRequest(), admin.Options)).Stores;
        Assert.Equal(["", "cosmos", "dynamo", "fire", "gone", "twin", "former"], stores.Select(static store => store.Name));
        Assert.Equal(["postgresql", "cosmos", "dynamodb", "firestore", "cosmos", "dynamodb", ""], stores.Select(static store => store.Provider));
        Assert.Equal(["gone", "former"], stores.Where(static store => !store.Reachable).Select(static store => store.Name));
        Assert.All(stores, static store => Assert.Equal(store.Reachable, store.Trouble.Length == 0));
        Assert.All(stores.Where(static store => store.Reachable), static store => Assert.InRange(store.Latency.ToTimeSpan(), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5)));
        Assert.Empty(stores[0].Lacks);
        Assert.Contains("search", stores[2].Lacks);
        var (here, there) = (Assert.Single(stores[0].Datasets), Assert.Single(stores[2].Datasets));
        Assert.Equal(("here", true, 1L), (here.Dataset, here.HasItemCount, here.ItemCount));
        Assert.Equal(("there", false), (there.Dataset, there.HasItemCount));
        Assert.Equal("lost", Assert.Single(stores[6].Datasets).Dataset);

        var (status, body) = await admin.SendAsync(HttpMethod.Get, "/api/data/stores");
        Assert.Equal(200, status);
        foreach (var secret in (string[])[StoreEngine.CosmosKey, "127.0.0.1", "localhost", "theirs", "secret"]) Assert.DoesNotContain(secret, body, StringComparison.OrdinalIgnoreCase);
        var member = data.Caller("member");
        Assert.Equal(StatusCode.PermissionDenied, (await Caller.FailureAsync(() => member.Stores.ListStoresAsync(new ListStoresRequest(), member.Options).ResponseAsync)).Code);
    }
}
