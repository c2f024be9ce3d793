using AiMesh.Data.V1;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Journal;
using AiMesh.DataService.Tests.Events;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Shapes;

namespace AiMesh.DataService.Tests.Stores.Journal;

/// <summary>What becomes of changes whose process ended at each step (decision 30).</summary>
[Trait("Level", "Server")]
public sealed class JournalSettlerTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    [Fact]
    public async Task Creation_ThatWasNoted_IsMadeAndToldOnce()
    {
        var (id, watcher) = await WatchedAsync();
        await using var watching = watcher;
        await using (var writer = await DyingWriter.StartAsync(data, id)) await writer.NoteAsync(new JournalNote(null, DyingWriter.New("a", "noted")));
        Assert.Equal("Created a", await watcher.NextAsync());
        Assert.Equal("noted", (await Admin.GetAsync(id, "a")).Fields.Fields["title"].StringValue);
        await EndsAsync(id, watcher);
    }

    [Fact]
    public async Task Creation_ThatWasMadeAndNotSettled_IsToldOnce()
    {
        var (id, watcher) = await WatchedAsync();
        await using var watching = watcher;
        await using (var writer = await DyingWriter.StartAsync(data, id))
        {
            var note = new JournalNote(null, DyingWriter.New("a", "made"));
            await writer.NoteAsync(note);
            await writer.WriteAsync(note.Write);
        }

        Assert.Equal("Created a", await watcher.NextAsync());
        await EndsAsync(id, watcher);
    }

    [Fact]
    public async Task Changes_ThatWereNoted_AreMadeOnceAndToldInOrder()
    {
        var (id, watcher) = await WatchedAsync();
        await using var watching = watcher;
        await Admin.CreateAsync(id, Fields(("title", "first")), "a");
        Assert.Equal("Created a", await watcher.NextAsync());
        await using (var writer = await DyingWriter.StartAsync(data, id))
        {
            var before = await writer.FindAsync("a");
            await writer.NoteAsync(new JournalNote(before, before! with { Fields = new Dictionary<string, object> { ["title"] = "second" }, Version = 2 }));
        }

        // Whoever comes next settles it first, whether or not somebody else has found it yet.
        await Admin.UpdateAsync(id, "a", Fields(("title", "third")));
        Assert.Equal(("second", "third"), (await TitleAsync(watcher), await TitleAsync(watcher)));
        await using (var writer = await DyingWriter.StartAsync(data, id)) await writer.NoteAsync(new JournalNote(await writer.FindAsync("a"), null));
        Assert.Equal("Deleted a", await watcher.NextAsync());
        Assert.Empty(await Admin.IdsAsync(id));
        await EndsAsync(id, watcher);
    }

    [Fact]
    public async Task Change_OfAnItemThatIsAnotherByNow_TellsWhatIsThere()
    {
        var (id, watcher) = await WatchedAsync();
        await using var watching = watcher;
        await Admin.CreateAsync(id, Fields(("title", "first")), "a");
        Assert.Equal("Created a", await watcher.NextAsync());
        await using (var writer = await DyingWriter.StartAsync(data, id))
        {
            var before = await writer.FindAsync("a");
            await writer.NoteAsync(new JournalNote(before, before! with { Fields = new Dictionary<string, object> { ["title"] = "noted" }, Version = 2 }));
            await writer.WriteAsync(DocumentWrite.Put(before! with { Fields = new Dictionary<string, object> { ["title"] = "written past the mesh" }, Version = 7 }));
        }

        Assert.Equal("written past the mesh", await TitleAsync(watcher));
        Assert.Equal("written past the mesh", (await Admin.GetAsync(id, "a")).Fields.Fields["title"].StringValue);
    }

    [Fact]
    public async Task WhatSomebodyIsAt_IsLeftAloneAndHoldsRedefinitionsErasuresAndOtherWritersOff()
    {
        var (id, watcher) = await WatchedAsync();
        await using var watching = watcher;
        await Admin.CreateAsync(id, Fields(("title", "first")), "a");
        await using (var writer = await DyingWriter.StartAsync(data, id))
        {
            var before = await writer.FindAsync("a");
            await writer.NoteAsync(new JournalNote(before, before! with { Owner = "somebody", Version = 2 }));
            await writer.SettleAsync();
            Assert.True(await writer.HasNotesAsync());
            var refused = await Caller.FailureAsync(() => Admin.Datasets.UpdateDatasetAsync(new UpdateDatasetRequest { Dataset = new Dataset { Id = id, Description = "another" } }, Admin.Options).ResponseAsync);
            Assert.Equal(StatusCode.Aborted, refused.Code);
            Assert.Equal(StatusCode.Aborted, (await Assert.ThrowsAsync<MeshException>(() => EraseAsync("somebody"))).Error.Code);

            // The one at work ends while another one waits for the item.
            var waiting = Admin.UpdateAsync(id, "a", Fields(("title", "second")));
            Assert.False(waiting.IsCompleted);
            await writer.DisposeAsync();
            await waiting;
        }

        Assert.Equal(3, (await DyingWriterVersionAsync(id)));
        await EraseAsync("nobody");
    }

    [Fact]
    public async Task Refusal_OfTheStore_LeavesNothingBehind()
    {
        var id = await DefineAsync();
        await using var writer = await DyingWriter.StartAsync(data, id);
        var services = data.Service.Host.Services;
        var writes = new JournaledWrites(services.GetRequiredService<StoreJournal>(), services.GetRequiredService<JournalSettler>(), writer.Dataset, writer.Operation);
        JournalNote[] notes = [new(null, DyingWriter.New("a", "t")), new(null, DyingWriter.New("b", "t"))];
        var busy = new BusyStore();
        await Assert.ThrowsAsync<MeshException>(() => writes.RunAsync(busy, notes[..1], atomic: false, CancellationToken.None));
        await Assert.ThrowsAsync<MeshException>(() => writes.RunAsync(busy, notes, atomic: true, CancellationToken.None));
        Assert.False(await writer.HasNotesAsync());

        // Of several, some may have been made.
        await Assert.ThrowsAsync<MeshException>(() => writes.RunAsync(busy, notes, atomic: false, CancellationToken.None));
        Assert.True(await writer.HasNotesAsync());
    }

    private Task<ErasureReport> EraseAsync(string subject) => data.Service.Host.Services.GetRequiredService<IPersonalData>()
        .EraseAsync(new ErasureOrder(Guid.NewGuid().ToString(), new DataSubject("demo", subject, "", ""), "erased-1"), CancellationToken.None);

    private async Task<long> DyingWriterVersionAsync(string id)
    {
        await using var reader = await DyingWriter.StartAsync(data, id);
        return (await reader.FindAsync("a"))!.Version;
    }

    private async Task EndsAsync(string id, Watcher watcher)
    {
        await Admin.CreateAsync(id, Fields(("title", "t")), "last");
        Assert.Equal("Created last", await watcher.NextAsync());
    }

    private static async Task<string> TitleAsync(Watcher watcher)
    {
        var message = await watcher.TakeAsync();
        while (message.Item is null) message = await watcher.TakeAsync();
        return message.Item.Fields.Fields["title"].StringValue;
    }

    private async Task<(string Id, Watcher Watcher)> WatchedAsync()
    {
        var id = await DefineAsync();
        return (id, await Watcher.StartAsync(Admin, id));
    }

    private async Task<string> DefineAsync()
    {
        var (id, dataset) = (FormattableString.Invariant($"left-{Interlocked.Increment(ref _datasets)}"), Dataset([Field("title")], Admins));
        dataset.Store = "dynamo";
        await Admin.DefineAsync(id, dataset);
        return id;
    }

    /// <summary>Throttles every write.</summary>
    private sealed class BusyStore : IDocumentStore
    {
        public StoreCapabilities Capabilities { get; } = new("busy", 1, 1, 1, FindsOwners: true);

        public Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken) => Task.FromResult<Document?>(null);

        public IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, CancellationToken cancellationToken) => AsyncEnumerable.Empty<Document>();

        public Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken) => throw new MeshException(new StoreThrottled());

        public Task PingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
