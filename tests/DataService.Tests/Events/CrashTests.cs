using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Data.V1;
using Grpc.Core;
using static AiMesh.DataService.Tests.Shapes;
using Contract = AiMesh.Data.V1;

namespace AiMesh.DataService.Tests.Events;

[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class CrashTests(DataFixture fixture)
{
    [Fact]
    public async Task Watch_AcrossKillsOfTheService_TellsEachWriteOnce()
    {
        var (dataset, admin) = (DataFixture.NewId(), fixture.Caller());
        await admin.DefineAsync(dataset, Dataset([Field("title")], Admins));
        string token;
        await using (var first = await Watcher.StartAsync(admin, dataset)) token = first.ResumeToken;

        // Another replica is killed while it writes and publishes.
        var (acknowledged, next) = (new ConcurrentBag<string>(), 0);
        for (var round = 0; round < 2; round++)
        {
            await using var service = await DataServiceProcess.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
            var items = new Contract.Items.ItemsClient(service.Channel);
            var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                while (true)
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"i{Interlocked.Increment(ref next)}");
                    try
                    {
                        await items.CreateItemAsync(new CreateItemRequest { Dataset = dataset, ItemId = id, Item = new Item { Fields = Fields(("title", "t")) } }, admin.Options);
                        acknowledged.Add(id);
                    }
                    catch (RpcException)
                    {
                        return;
                    }
                }
            }));
            var before = acknowledged.Count;
            while (acknowledged.Count < before + 50) await Task.Delay(10);
            service.Kill();
            await writing;
        }

        await admin.CreateAsync(dataset, Fields(("title", "t")), "last");
        var told = new List<string>();
        while (true)
        {
            // Away and back every thirty changes.
            await using var watcher = await Watcher.StartAsync(admin, dataset, resumeToken: token);
            for (var i = 0; i < 30 && told.LastOrDefault() != "Created last"; i++) told.Add(await watcher.NextAsync());
            token = watcher.ResumeToken;
            if (told[^1] == "Created last") break;
        }

        Assert.Equal(told.Count, told.Distinct().Count());
        Assert.Empty(acknowledged.Select(static id => $"Created {id}").Except(told));

        Assert.Empty(told.Select(static change => change.Split(' ')[1]).Except(await admin.IdsAsync(dataset)));
    }
}
