using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Tests.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.Testing;
using Microsoft.Extensions.Configuration;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>What every store of vectors does alike.</summary>
[Trait("Level", "Server")]
[Collection(SearchStoresTestGroup.Name)]
public sealed class VectorStoreTests(SearchStoresFixture fixture)
{
    private static long _copies = 1_000_000;

    public static TheoryData<string> Every => [.. SearchStoresFixture.Names];

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Search_AnswersItemsNearestFirst_AsManyAsAskedFor(string name)
    {
        var (store, space) = Open(name);
        await store.ReplaceAsync(space, ["a", "b", "c"], [Passage(space, "a", 0, 0.1f), Passage(space, "b", 0, 0.9f), Passage(space, "c", 0, 0.5f), Passage(space, "c", 1, 0.3f)], default);
        Assert.Equal(["a", "c", "c", "b"], await store.SearchAsync(space, SearchStoresFixture.Unit(0), 100, default));
        Assert.Equal(["a", "c"], await store.SearchAsync(space, SearchStoresFixture.Unit(0), 2, default));
        Assert.Equal("b", (await store.SearchAsync(space, SearchStoresFixture.Unit(1), 100, default))[0]);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Replace_LeavesNothingOfWhatWasThere(string name)
    {
        var (store, space) = Open(name);
        await store.ReplaceAsync(space, ["a", "b"], [.. Enumerable.Range(0, 12).Select(i => Passage(space, "a", i, 0.01f * i)), Passage(space, "b", 0, 0.5f)], default);
        await store.ReplaceAsync(space, ["a"], [Passage(space, "a", 0, 0.9f)], default);
        Assert.Equal(["b", "a"], await store.SearchAsync(space, SearchStoresFixture.Unit(0), 100, default));
        await store.ReplaceAsync(space, ["a", "never-there"], [], default);
        await store.ReplaceAsync(space, ["a", "never-there"], [], default);
        Assert.Equal(["b"], await store.SearchAsync(space, SearchStoresFixture.Unit(0), 100, default));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Spaces_AreApart(string name)
    {
        var ((store, one), (_, other)) = (Open(name), Open(name, organisation: "other"));
        await store.ReplaceAsync(one, ["a"], [Passage(one, "a", 0, 0.1f)], default);
        await store.ReplaceAsync(other, ["b"], [Passage(other, "b", 0, 0.1f)], default);
        Assert.Equal(["a"], await store.SearchAsync(one, SearchStoresFixture.Unit(0), 100, default));
        Assert.Equal(["b"], await store.SearchAsync(other, SearchStoresFixture.Unit(0), 100, default));
        await store.DropAsync(one, default);
        Assert.Empty(await store.SearchAsync(one, SearchStoresFixture.Unit(0), 100, default));
        Assert.Equal(["b"], await store.SearchAsync(other, SearchStoresFixture.Unit(0), 100, default));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Drop_MayBeDoneTwice_AndTheSpaceComesBack(string name)
    {
        var (store, space) = Open(name);
        Assert.Empty(await store.SearchAsync(space, SearchStoresFixture.Unit(0), 100, default));
        await store.DropAsync(space, default);
        await store.ReplaceAsync(space, ["a"], [Passage(space, "a", 0, 0.1f)], default);
        await store.DropAsync(space, default);
        await store.DropAsync(space, default);
        await store.ReplaceAsync(space, ["b"], [Passage(space, "b", 0, 0.1f)], default);
        Assert.Equal(["b"], await store.SearchAsync(space, SearchStoresFixture.Unit(0), 100, default));
        await store.PingAsync(default);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task Replace_TakesManyAtOnce(string name)
    {
        var (store, space) = Open(name);
        string[] items = [.. Enumerable.Range(0, 450).Select(i => FormattableString.Invariant($"item-{i:D3}_x.y"))];
        await store.ReplaceAsync(space, items, [.. items.Select((item, i) => Passage(space, item, 0, i / 450f))], default);
        Assert.Equal(items.Length, (await store.SearchAsync(space, SearchStoresFixture.Unit(0), 1000, default)).Distinct().Count());
    }

    [Theory]
    [InlineData("pinecone")]
    [InlineData("weaviate")]
    [InlineData("milvus")]
    public async Task Search_BelievesNoStoreThatAnswersOthersVectors(string name)
    {
        var ((store, one), fake) = (Open(name), fixture.Fakes[name]);
        await store.ReplaceAsync(one, ["a"], [Passage(one, "a", 0, 0.1f)], default);
        var foreign = fake.Spaces[one.Name].Values.Single();
        var properties = foreign.Properties.DeepClone().AsObject();
        (properties["organisation"], properties["item"]) = ("other", "b");
        fake.Spaces[one.Name]["foreign"] = foreign with { Properties = properties };
        fake.IgnoresFilters = true;
        try
        {
            Assert.Equal(["a"], await store.SearchAsync(one, SearchStoresFixture.Unit(0), 100, default));
        }
        finally
        {
            fake.IgnoresFilters = false;
        }
    }

    [Theory]
    [InlineData("pinecone")]
    [InlineData("weaviate")]
    [InlineData("milvus")]
    public async Task WrongKey_IsUnavailable_AndNeverShown(string name)
    {
        using var registry = Registry(("bad", name, fixture.Fakes[name].Address.ToString(), "not the key"));
        var copy = new IndexCopy(1, "demo", 1, "bad");
        var exception = await Assert.ThrowsAsync<MeshException>(() => registry.Of(copy).PingAsync(default));
        Assert.DoesNotContain("not the key", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task NobodyThere_IsUnavailable(string name)
    {
        using var registry = Registry(("gone", name, $"http://127.0.0.1:{FreePort.Next()}", "x"));
        var copy = new IndexCopy(1, "demo", 1, "gone");
        await Assert.ThrowsAsync<MeshException>(() => registry.Of(copy).PingAsync(default));
        await Assert.ThrowsAsync<MeshException>(() => registry.Of(copy).SearchAsync(registry.SpaceOf(copy, "title"), SearchStoresFixture.Unit(0), 10, default));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task StoreThatSaysNothing_IsGivenUp(string name)
    {
        await using var proxy = new FaultyProxy { Line = Line.Silent };
        using var registry = Registry(("silent", name, FormattableString.Invariant($"http://127.0.0.1:{proxy.Port}"), "x"));
        var copy = new IndexCopy(1, "demo", 1, "silent");

        // Search:Stores:silent:Timeout is two seconds; without it nobody would ever get on.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<MeshException>(() => registry.Of(copy).SearchAsync(registry.SpaceOf(copy, "title"), SearchStoresFixture.Unit(0), 10, patience.Token));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public async Task StoreThatDoesNotStopTalking_IsGivenUp(string name)
    {
        var endless = $"{{\"id\":\"{new string('x', 17 * 1024 * 1024)}\"}}";
        await using var fake = await FakeStore.StartAsync((_, _) => new FakeAnswer(200, endless));
        using var registry = Registry(("endless", name, fake.Address.ToString(), "x"));
        var copy = new IndexCopy(1, "demo", 1, "endless");
        await Assert.ThrowsAsync<MeshException>(() => registry.Of(copy).SearchAsync(registry.SpaceOf(copy, "title"), SearchStoresFixture.Unit(0), 10, default));
    }

    [Fact]
    public void Configuration_WithFaults_SaysAllOfThem_AndNoSecret()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Registry(("Bad_Name", "chroma", "http://x", "s3cret"), ("two", "pinecone", "ftp://x", ""), ("three", "faiss", "", "s3cret")));
        Assert.Equal(5, exception.Message.Split(Environment.NewLine).Length);
        foreach (var part in (string[])["Search:Stores:Bad_Name: expected a name", "Search:Stores:two:Endpoint", "Search:Stores:two:ApiKey", "Search:Stores:three:Provider", "Search:Stores:three:Endpoint"])
            Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    private static VectorStoreRegistry Registry(params (string Name, string Provider, string Endpoint, string Key)[] stores) => new(new ConfigurationBuilder().AddInMemoryCollection(stores.SelectMany(store =>
        new[]
        {
            KeyValuePair.Create($"Search:Stores:{store.Name}:Provider", (string?)store.Provider), KeyValuePair.Create($"Search:Stores:{store.Name}:Endpoint", (string?)store.Endpoint),
            KeyValuePair.Create($"Search:Stores:{store.Name}:ApiKey", (string?)store.Key), KeyValuePair.Create($"Search:Stores:{store.Name}:Retries", (string?)"0"),
            KeyValuePair.Create($"Search:Stores:{store.Name}:Timeout", (string?)"00:00:02"),
        })).Build());

    private (IVectorStore Store, VectorSpace Space) Open(string name, string organisation = "demo")
    {
        var copy = new IndexCopy(Interlocked.Increment(ref _copies), organisation, 7, name);
        return (fixture.Stores.Of(copy), fixture.Stores.SpaceOf(copy, "title_"));
    }

    // Between the first two axes: 0 lies along the first.
    private static StoredVector Passage(VectorSpace space, string item, int ordinal, float turn)
    {
        var vector = SearchStoresFixture.Unit(0);
        (vector[0], vector[1]) = (MathF.Cos(turn * MathF.PI / 2), MathF.Sin(turn * MathF.PI / 2));
        return new StoredVector(space.IdOf(item, ordinal), item, vector);
    }
}
