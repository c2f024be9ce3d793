using AiMesh.DataService.Search.VectorStores;
using AiMesh.DataService.Tests.Stores;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Tests.Search.VectorStores;

/// <summary>What Chroma answers in moments that no test can hold it in: a fake says it.</summary>
[Trait("Level", "Server")]
public sealed class ChromaStoreTests
{
    [Theory]
    [InlineData(412)] // The segments of a collection are not all there.
    [InlineData(500)] // Nor its files, until the first vectors are written.
    public async Task Search_WhileTheCollectionIsMade_AsksAgain(int status)
    {
        var refusals = 2;
        await using var fake = await FakeStore.StartAsync((request, _) => request.Path switch
        {
            { } path when !path.EndsWith("/query", StringComparison.Ordinal) => new(200, """{"id":"5"}"""),
            _ when refusals-- > 0 => new(status, "{}"),
            _ => new(200, """{"metadatas":[[{"organisation":"demo","dataset":"7","item":"a"}]]}"""),
        });
        using var store = new ChromaStore(Options(fake));

        Assert.Equal(["a"], await store.SearchAsync(Space, SearchStoresFixture.Unit(0), 10, default));
    }

    [Fact]
    public async Task Search_WhileTheCollectionIsRemoved_FindsNothing()
    {
        await using var fake = await FakeStore.StartAsync((request, before) => request.Path switch
        {
            { } path when !path.EndsWith("/query", StringComparison.Ordinal) => new(200, """{"id":"5"}"""),
            _ => new(before == 1 ? 412 : 404, "{}"),
        });
        using var store = new ChromaStore(Options(fake));

        Assert.Empty(await store.SearchAsync(Space, SearchStoresFixture.Unit(0), 10, default));
    }

    [Fact]
    public async Task Replace_IntoACollectionThatStaysHalfMade_IsUnavailable()
    {
        await using var fake = await FakeStore.StartAsync(static (request, _) => request.Path.EndsWith("/delete", StringComparison.Ordinal) ? new(412, "{}") : new(200, """{"id":"5"}"""));
        using var store = new ChromaStore(Options(fake));

        var exception = await Assert.ThrowsAsync<MeshException>(() => store.ReplaceAsync(Space, ["a"], [], default));
        Assert.IsType<Unavailable>(exception.Error);
    }

    private static VectorSpace Space => VectorSpace.Of("AiMesh", new IndexCopy(1, "demo", 7, "chroma"), "title");

    private static VectorStoreOptions Options(FakeStore fake) => new() { Provider = "chroma", Endpoint = fake.Address.ToString() };
}
