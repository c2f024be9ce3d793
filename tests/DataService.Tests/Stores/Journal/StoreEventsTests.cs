using System.Collections.Concurrent;
using AiMesh.Data.V1;
using AiMesh.DataService.Stores.Backup;
using AiMesh.DataService.Tests.Events;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using Change = AiMesh.Data.V1.WatchItemsResponse.Types.Change;

namespace AiMesh.DataService.Tests.Stores.Journal;

/// <summary>Changes of items in other stores are told as those in PostgreSQL are (D10).</summary>
[Trait("Level", "Server")]
public sealed class StoreEventsTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    [Theory]
    [InlineData("dynamo")]
    [InlineData("cosmos")]
    [InlineData("fire")]
    public async Task Watch_OfADatasetElsewhere_TellsWhatReadingTells(string store)
    {
        var dataset = Dataset([Field("title"), Field("note", visibleTo: "admin")], Admins, Rule("viewer", "title != 'secret'", Action.Read));
        var id = await DefineAsync(store, dataset);
        await using var watcher = await Watcher.StartAsync(data.Caller("viewer"), id);
        await Admin.CreateAsync(id, Fields(("title", "secret"), ("note", "n")), "hidden");
        await Admin.CreateAsync(id, Fields(("title", "a"), ("note", "n")), "a");
        await SeesAsync(Change.Created, await data.Caller("viewer").GetAsync(id, "a"));
        await Admin.UpdateAsync(id, "a", Fields(("note", "nobody but admins sees this")));
        await Admin.UpdateAsync(id, "a", Fields(("title", "b")));
        await SeesAsync(Change.Updated, await data.Caller("viewer").GetAsync(id, "a"));
        await Admin.UpdateAsync(id, "a", Fields(("title", "secret")));
        Assert.Equal("Deleted a", await watcher.NextAsync());
        await Admin.UpdateAsync(id, "a", Fields(("title", "c")));
        Assert.Equal("Created a", await watcher.NextAsync());
        await Admin.DeleteAsync(id, "a");
        Assert.Equal("Deleted a", await watcher.NextAsync());
        await Admin.ImportAsync(new ImportItemsRequest { Dataset = id, Csv = "id,title\nx,secret\ny,d\n", IdField = "id", SkipInvalid = true });
        Assert.Equal("Created y", await watcher.NextAsync());

        async Task SeesAsync(Change change, Item item)
        {
            var told = await watcher.TakeAsync();
            while (told.Change == Change.CaughtUp) told = await watcher.TakeAsync();
            Assert.Equal((change, item), (told.Change, told.Item));
        }
    }

    [Fact]
    public async Task Watch_AcrossKillsOfTheService_TellsEachItemOfAnotherStoreOnce()
    {
        var id = await DefineAsync("dynamo");
        string token;
        await using (var first = await Watcher.StartAsync(Admin, id)) token = first.ResumeToken;
        var (acknowledged, next) = (new ConcurrentBag<string>(), 0);
        for (var round = 0; round < 2; round++)
        {
            await using var service = await DataServiceProcess.StartAsync(data.Database.ConnectionString, data.Authority, data.Stores);
            var items = new Data.V1.Items.ItemsClient(service.Channel);
            var before = acknowledged.Count;
            var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                while (true)
                {
                    var item = FormattableString.Invariant($"i{Interlocked.Increment(ref next)}");
                    try
                    {
                        await items.CreateItemAsync(new CreateItemRequest { Dataset = id, ItemId = item, Item = new Item { Fields = Fields(("title", "t")) } }, Admin.Options);
                        acknowledged.Add(item);
                    }
                    catch (RpcException)
                    {
                        return;
                    }
                }
            }));
            await Eventually.HoldsAsync(() => acknowledged.Count >= before + 30);
            service.Kill();
            await writing;
        }

        // What they left is settled by the replica that lives.
        await Eventually.HoldsAsync(async () => !await AskAsync<bool>("SELECT EXISTS (SELECT FROM store_journal)"), TimeSpan.FromSeconds(60));
        await Admin.CreateAsync(id, Fields(("title", "t")), "last");
        var told = await ToldAsync(id, token, "Created last");
        Assert.Equal(told.Count, told.Distinct().Count());
        Assert.Empty(acknowledged.Except(told.Select(static change => change.Split(' ')[1])));
        Assert.Equal((await Admin.IdsAsync(id)).Select(static item => $"Created {item}").Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Writers_OfOneItem_AreToldInTheOrderOfItsVersions()
    {
        var id = await DefineAsync("dynamo");
        await Admin.CreateAsync(id, Fields(("title", "0")), "a");
        var done = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async writer =>
        {
            for (var i = 0; i < 5; i++)
            {
                try
                {
                    await Admin.UpdateAsync(id, "a", Fields(("title", FormattableString.Invariant($"{writer}.{i}"))));
                    Interlocked.Increment(ref done);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
                {
                    // Others were quicker, four times.
                }
            }
        }));
        var versions = await AskAsync<long[]>($"SELECT array_agg(version ORDER BY id) FROM events WHERE dataset = '{id}' AND item_id = 'a'");
        Assert.Equal(Enumerable.Range(1, done + 1).Select(static version => (long)version), versions);
    }

    [Fact]
    public async Task Move_OfADatasetThatIsWatched_IsNoEvent()
    {
        var id = await DefineAsync("");
        for (var i = 0; i < 3; i++) await Admin.CreateAsync(id, Fields(("title", "t")), FormattableString.Invariant($"i{i}"));
        await using var watcher = await Watcher.StartAsync(Admin, id);
        foreach (var store in (string[])["dynamo", ""])
        {
            await Admin.Stores.MigrateDatasetAsync(new MigrateDatasetRequest { Dataset = id, Store = store }, Admin.Options);
            await Eventually.HoldsAsync(
                async () => (await Admin.Stores.GetDatasetMigrationAsync(new GetDatasetMigrationRequest { Dataset = id }, Admin.Options)).State == DatasetMigration.Types.State.Done, TimeSpan.FromMinutes(2));
            await Admin.CreateAsync(id, Fields(("title", "t")), $"in-{store}");
            Assert.Equal($"Created in-{store}", await watcher.NextAsync());
        }
    }

    [Fact]
    public async Task Restore_IntoAnotherStore_LetsWatchersBeginAnew()
    {
        var (source, target) = (await DefineAsync("dynamo"), await DefineAsync("dynamo"));
        await Admin.CreateAsync(source, Fields(("title", "t")), "a");
        using var file = new MemoryStream();
        var backup = data.Service.Host.Services.GetRequiredService<DatasetBackup>();
        await backup.BackupAsync("demo", source, file, CancellationToken.None);
        file.Position = 0;
        await using var watcher = await Watcher.StartAsync(Admin, target);
        await backup.RestoreAsync("demo", target, file, CancellationToken.None);
        Assert.Equal("Reset", await watcher.NextAsync());
    }

    private async Task<List<string>> ToldAsync(string id, string token, string last)
    {
        await using var watcher = await Watcher.StartAsync(Admin, id, resumeToken: token);
        var told = new List<string>();
        while (told.LastOrDefault() != last) told.Add(await watcher.NextAsync());
        return told;
    }

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(data.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task<string> DefineAsync(string store, Dataset? dataset = null)
    {
        var (id, wanted) = (FormattableString.Invariant($"told-{Interlocked.Increment(ref _datasets)}"), dataset ?? Dataset([Field("title")], Admins));
        wanted.Store = store;
        await Admin.DefineAsync(id, wanted);
        return id;
    }
}
