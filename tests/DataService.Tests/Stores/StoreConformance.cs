using System.Collections.Frozen;
using System.Collections.Immutable;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>What every store must do. Each store's own class says how it is reached.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    private static readonly PolicyCaller Nobody = new("", "", FrozenDictionary<string, string>.Empty);
    private static readonly DateTime Time = new(2026, 11, 21, 10, 0, 0, DateTimeKind.Utc);
    private static int _tables;

    private protected static readonly FrozenDictionary<string, PolicyType> Fields = new Dictionary<string, PolicyType>
    {
        ["title"] = PolicyType.Text,
        ["size"] = PolicyType.WholeNumber,
        ["rating"] = PolicyType.Number,
        ["done"] = PolicyType.Boolean,
        ["made"] = PolicyType.Timestamp,
        ["day"] = PolicyType.Date,
        ["tags"] = PolicyType.TextList,
    }.ToFrozenDictionary();

    private protected IDocumentStore Store { get; private set; } = null!;

    private protected DocumentTable Table { get; private set; } = null!;

    private protected abstract Task<IDocumentStore> OpenAsync();

    /// <summary>Whether the engine of the tests has transactions; where it lacks them, another test speaks with a fake that has.</summary>
    private protected virtual bool EngineHasTransactions => true;

    public async Task InitializeAsync()
    {
        Store = await OpenAsync();
        Table = NewTable();
        await Store.CreateTableAsync(Table, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Store.DropTableAsync(Table, CancellationToken.None);
        (Store as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task Table_IsMadeAndDropped_AsOftenAsAsked()
    {
        var table = NewTable();
        await Store.CreateTableAsync(table, CancellationToken.None);
        await Store.CreateTableAsync(table, CancellationToken.None);
        Assert.Null(await Store.FindAsync(table, "a", CancellationToken.None));
        Assert.True(await WriteAsync(table, DocumentWrite.Create(Doc("a"))));
        await Store.CreateTableAsync(table, CancellationToken.None);
        Assert.NotNull(await Store.FindAsync(table, "a", CancellationToken.None));
        await Store.DropTableAsync(table, CancellationToken.None);
        await Store.DropTableAsync(table, CancellationToken.None);

        // What was in it does not come back with the name.
        await Store.CreateTableAsync(table, CancellationToken.None);
        Assert.Null(await Store.FindAsync(table, "a", CancellationToken.None));
        await Store.DropTableAsync(table, CancellationToken.None);
    }

    [Fact]
    public async Task Document_OfEveryType_ComesBackAsItWas()
    {
        object[] titles =
        [
            "", " ", "plain", "é", "e\u0301", "\uE000", "\uFFFD", "😀 emoji", "it's \"quoted\" \\ and % _ *", "line\nbreak\ttab", "\u0001", "עברית", "中文", "true", "1", "null",
        ];
        foreach (var title in titles) await RoundTripAsync(("title", title));
        foreach (var size in (object[])[0L, 1L, -1L, long.MaxValue, long.MinValue, 9007199254740993L, -9007199254740993L]) await RoundTripAsync(("size", size));
        foreach (var rating in (object[])[0.0, 1.0, 0.1, -0.1, 0.30000000000000004, double.MaxValue, double.MinValue, double.Epsilon, -1e-300, 1e22, 1e-7]) await RoundTripAsync(("rating", rating));
        foreach (var done in (object[])[true, false]) await RoundTripAsync(("done", done));
        await RoundTripAsync(("made", "2026-11-21T10:00:00.000001Z"), ("day", "0001-01-01"));
        foreach (var tags in (ImmutableArray<string>[])[[], [""], ["b", "a", "b"], ["😀", "\uE000"]]) await RoundTripAsync(("tags", tags));
        await RoundTripAsync();
    }

    [Fact]
    public async Task Document_CarriesOwnerVersionAndTimes_ToTheMicrosecond()
    {
        var document = Doc("meta") with { Owner = "Öwner|/x", Version = 7, CreateTime = Time.AddMicroseconds(1), UpdateTime = Time.AddMicroseconds(999_999) };
        Assert.True(await WriteAsync(Table, DocumentWrite.Put(document)));
        var found = (await Store.FindAsync(Table, "meta", CancellationToken.None))!;
        Assert.Equal((document.Owner, 7, document.CreateTime, document.UpdateTime), (found.Owner, found.Version, found.CreateTime, found.UpdateTime));
        Assert.Equal(DateTimeKind.Utc, found.CreateTime.Kind);
    }

    [Fact]
    public async Task Ids_OfEverySpelling_AreKeptApart()
    {
        string[] ids = [".", "..", "...", "a", "A", "__x__", "-", "_", "a.b", "0", "00", new('z', 128)];
        foreach (var id in ids) Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc(id, ("title", id)))));
        foreach (var id in ids) Assert.Equal(id, (await Store.FindAsync(Table, id, CancellationToken.None))!.Fields["title"]);
        Assert.Equal(ids.Order(StringComparer.Ordinal), await IdsAsync(DocumentQuery.Everything));
        foreach (var id in ids) Assert.True(await WriteAsync(Table, DocumentWrite.Remove(id)));
        Assert.Empty(await IdsAsync(DocumentQuery.Everything));
    }

    [Fact]
    public async Task Create_OfAnExistingId_ChangesNothing()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a", ("title", "first")))));
        Assert.False(await WriteAsync(Table, DocumentWrite.Create(Doc("a", ("title", "second")))));
        Assert.Equal("first", (await Store.FindAsync(Table, "a", CancellationToken.None))!.Fields["title"]);
    }

    [Fact]
    public async Task Replace_AndDelete_WithAnOldTag_ChangeNothing()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a", ("title", "1")))));
        var first = (await Store.FindAsync(Table, "a", CancellationToken.None))!;
        Assert.True(await WriteAsync(Table, DocumentWrite.Replace(first with { Version = 2, Fields = Values(("title", "2")) }, first.Tag)));
        Assert.False(await WriteAsync(Table, DocumentWrite.Replace(first with { Version = 2, Fields = Values(("title", "3")) }, first.Tag)));
        Assert.False(await WriteAsync(Table, DocumentWrite.Delete("a", first.Tag)));
        var second = (await Store.FindAsync(Table, "a", CancellationToken.None))!;
        Assert.Equal("2", second.Fields["title"]);
        Assert.True(await WriteAsync(Table, DocumentWrite.Delete("a", second.Tag)));
        Assert.Null(await Store.FindAsync(Table, "a", CancellationToken.None));
        Assert.False(await WriteAsync(Table, DocumentWrite.Delete("a", second.Tag)));
        Assert.False(await WriteAsync(Table, DocumentWrite.Replace(second, second.Tag)));
        Assert.Null(await Store.FindAsync(Table, "a", CancellationToken.None));
    }

    [Fact]
    public async Task Replace_OfADocumentThatWasMadeAnew_ChangesNothing()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a"))));
        var old = (await Store.FindAsync(Table, "a", CancellationToken.None))!;
        Assert.True(await WriteAsync(Table, DocumentWrite.Delete("a", old.Tag)));
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a") with { CreateTime = Time.AddSeconds(1) })));
        Assert.False(await WriteAsync(Table, DocumentWrite.Replace(old, old.Tag)));
    }

    [Fact]
    public async Task Batch_WritesAndRemovesManyDocuments()
    {
        DocumentWrite[] writes = [.. Enumerable.Range(0, 130).Select(i => DocumentWrite.Put(Doc(Id(i), ("size", (long)i))))];
        Assert.All(await Store.WriteAsync(Table, writes, atomic: false, CancellationToken.None), Assert.True);
        Assert.Equal(130, (await IdsAsync(DocumentQuery.Everything)).Length);
        await Store.WriteAsync(Table, [.. Enumerable.Range(0, 129).Select(i => DocumentWrite.Remove(Id(i)))], atomic: false, CancellationToken.None);
        Assert.Equal([Id(129)], await IdsAsync(DocumentQuery.Everything));
    }

    [Fact]
    public async Task Batch_WithConditions_SaysOfEachWhetherItHeld()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc(Id(1)))));
        var done = await Store.WriteAsync(Table, [.. Enumerable.Range(0, 40).Select(i => DocumentWrite.Create(Doc(Id(i))))], atomic: false, CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i != 1), done);
    }

    [Fact]
    public async Task Projection_GivesTheNamedFields_AndWhatTheConditionNeeds()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a", ("title", "x"), ("size", 5L), ("done", true), ("day", "2026-11-21")))));
        Assert.Equal(["size"], (await ReadAsync(DocumentQuery.Everything with { Fields = ["size"] })).Single().Fields.Keys);
        Assert.Empty((await ReadAsync(DocumentQuery.Everything with { Fields = [] })).Single().Fields);
        var found = (await ReadAsync(Query("done = true") with { Fields = ["size"] })).Single();
        Assert.Equal(["done", "size"], found.Fields.Keys.Order());
        Assert.Equal("owner", found.Owner);
    }

    [Fact]
    public async Task Query_FindsWhatMatches()
    {
        await FillAsync();
        (string Filter, int[] Expected)[] queries =
        [
            ("size = 3", [3]), ("size >= 8", [8, 9]), ("size < 2 OR size > 8", [0, 1, 9]), ("done = true AND size < 4", [0, 2]), ("NOT done = true AND size > 6", [7, 9]),
            ("title = \"t5\"", [5]), ("title != \"t5\" AND size > 3 AND size < 7", [4, 6]), ("title:t1", [1]), ("title = \"t*\" AND size = 2", [2]), ("title = \"*7\"", [7]),
            ("tags:even AND size > 5", [6, 8]), ("-tags:even AND size < 4", [1, 3]), ("tags:\"ev*\" AND size < 3", [0, 2]), ("rating > 3.5 AND rating <= 4.5", [8, 9]), ("rating:* AND size < 2", [0, 1]),
            ("-rating:*", []), ("day:*", []), ("made > 2026-11-21T10:00:07Z", [8, 9]), ("size = 100", []),
        ];
        foreach (var (filter, expected) in queries) Assert.True((await IdsAsync(Query(filter))).SequenceEqual(expected.Select(Id)), filter);
    }

    [Fact]
    public async Task Query_ReadsOnAfterAnId_InOrder()
    {
        await Store.WriteAsync(Table, [.. Enumerable.Range(0, 60).Reverse().Select(i => DocumentWrite.Put(Doc(Id(i), ("size", (long)i))))], atomic: false, CancellationToken.None);
        var all = Enumerable.Range(0, 60).Select(Id).ToArray();
        foreach (var expected in (int[])[1, 7, 60, 1000])
        {
            Assert.Equal(all, await IdsAsync(DocumentQuery.Everything with { Expected = expected }));
            Assert.Equal(all.Skip(31), await IdsAsync(DocumentQuery.Everything with { Expected = expected, After = Id(30) }));
            Assert.Equal(all.Skip(51), await IdsAsync(Query("size >= 20") with { Expected = expected, After = Id(50) }));
        }

        Assert.Empty(await IdsAsync(DocumentQuery.Everything with { After = Id(59) }));
    }

    [Fact]
    public async Task Tenants_DoNotSeeEachOther()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("a"))));
        var other = Table with { Tenant = "other" };
        Assert.Null(await SeesAsync(other, "a"));
        await foreach (var document in Store.QueryAsync(other, DocumentQuery.Everything, CancellationToken.None)) Assert.Fail($"{document.Id} is another tenant's");
    }

    [Fact]
    public async Task Atomic_WritesAllOrNone()
    {
        if (!EngineHasTransactions || Store.Capabilities.MaxAtomicWrites == 1) return;
        Assert.All(await Store.WriteAsync(Table, [DocumentWrite.Create(Doc("a")), DocumentWrite.Create(Doc("b"))], atomic: true, CancellationToken.None), Assert.True);
        var done = await Store.WriteAsync(Table, [DocumentWrite.Create(Doc("c")), DocumentWrite.Create(Doc("b")), DocumentWrite.Remove("a")], atomic: true, CancellationToken.None);
        Assert.Equal([true, false, true], done);
        Assert.Equal(["a", "b"], await IdsAsync(DocumentQuery.Everything));
        var b = (await Store.FindAsync(Table, "b", CancellationToken.None))!;
        Assert.All(await Store.WriteAsync(Table, [DocumentWrite.Delete("b", b.Tag), DocumentWrite.Put(Doc("c"))], atomic: true, CancellationToken.None), Assert.True);
        Assert.Equal(["a", "c"], await IdsAsync(DocumentQuery.Everything));
    }

    [Fact]
    public async Task Document_AsLargeAsTheStoreSays_IsKept()
    {
        const int Each = 50_000;
        var texts = Enumerable.Range(0, Store.Capabilities.MaxDocumentBytes / (Each + 10)).Select(i => new string((char)('a' + i), Each)).ToImmutableArray();
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("large", ("tags", texts)))));
        Assert.Equal(texts.ToArray(), ((ImmutableArray<string>)(await Store.FindAsync(Table, "large", CancellationToken.None))!.Fields["tags"]).ToArray());
        Assert.Equal(["large"], await IdsAsync(Query("size:* OR title:* OR tags:*")));
    }

    [Fact]
    public async Task Concurrent_Changes_EachBuildOnTheOther()
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Create(Doc("counter", ("size", 0L)))));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var done = 0; done < 5;)
            {
                var now = (await Store.FindAsync(Table, "counter", CancellationToken.None))!;
                var next = now with { Version = now.Version + 1, Fields = Values(("size", (long)now.Fields["size"] + 1)) };
                if (await WriteAsync(Table, DocumentWrite.Replace(next, now.Tag))) done++;
            }
        }));
        Assert.Equal(40L, (await Store.FindAsync(Table, "counter", CancellationToken.None))!.Fields["size"]);
    }

    [Fact]
    public async Task Concurrent_CreatesOfOneId_HaveOneWinner()
    {
        var won = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => WriteAsync(Table, DocumentWrite.Create(Doc("one", ("size", (long)i))))));
        Assert.Single(won, static one => one);
    }

    [Fact]
    public Task Ping_OfAStoreThatIsThere_Succeeds() => Store.PingAsync(CancellationToken.None);

    private protected static string Id(int number) => FormattableString.Invariant($"i{number:D4}");

    private protected static DocumentTable NewTable() => new(FormattableString.Invariant($"d{Environment.ProcessId}{Interlocked.Increment(ref _tables)}"), "tenant", Fields);

    private protected static Document Doc(string id, params (string Name, object Value)[] values) => new(id, Values(values), "owner", 1, Time, Time);

    private protected static Dictionary<string, object> Values(params (string Name, object Value)[] values) => values.ToDictionary(static v => v.Name, static v => v.Value);

    private protected static DocumentQuery Query(string filter) => new(PolicyParser.Parse(filter, PolicySchema.ForRule(Fields)).Expression!, Nobody);

    private protected async Task<bool> WriteAsync(DocumentTable table, DocumentWrite write) => (await Store.WriteAsync(table, [write], atomic: false, CancellationToken.None)).Single();

    private protected async Task<string[]> IdsAsync(DocumentQuery query) => [.. (await ReadAsync(query)).Select(static document => document.Id)];

    private protected async Task<List<Document>> ReadAsync(DocumentQuery query)
    {
        var documents = new List<Document>();
        await foreach (var document in Store.QueryAsync(Table, query, CancellationToken.None))
            if (query.Matches(document)) documents.Add(document);
        return documents;
    }

    // A table of the other tenant's own may be missing altogether, which is as good.
    private async Task<Document?> SeesAsync(DocumentTable table, string id)
    {
        try
        {
            return await Store.FindAsync(table, id, CancellationToken.None);
        }
        catch (MeshException e) when (e.Error is Unavailable)
        {
            return null;
        }
    }

    private async Task RoundTripAsync(params (string Name, object Value)[] values)
    {
        Assert.True(await WriteAsync(Table, DocumentWrite.Put(Doc("trip", values))));
        var found = (await Store.FindAsync(Table, "trip", CancellationToken.None))!.Fields;
        Assert.Equal(values.Select(static v => v.Name).Order(), found.Keys.Order());
        foreach (var (name, value) in values)
        {
            if (value is ImmutableArray<string> list) Assert.Equal(list.ToArray(), Assert.IsType<ImmutableArray<string>>(found[name]).ToArray());
            else Assert.Equal(value, found[name]);
        }
    }

    private async Task FillAsync()
    {
        var documents = Enumerable.Range(0, 10).Select(i => Doc(
            Id(i), ("title", $"t{i}"), ("size", (long)i), ("rating", i / 2.0), ("done", i % 2 == 0), ("made", FormattableString.Invariant($"2026-11-21T10:00:0{i}.000000Z")),
            ("tags", ImmutableArray.Create(i % 2 == 0 ? "even" : "odd", "all"))));
        Assert.All(await Store.WriteAsync(Table, [.. documents.Select(DocumentWrite.Put)], atomic: false, CancellationToken.None), Assert.True);
    }
}
