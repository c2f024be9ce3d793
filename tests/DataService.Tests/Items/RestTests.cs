using System.Text.Json.Nodes;
using static AiMesh.DataService.Tests.Shapes;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Items;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class RestTests(DataFixture fixture)
{
    [Fact]
    public async Task Items_CanBeCreatedReadChangedAndDeleted()
    {
        var id = DataFixture.NewId();
        var admin = fixture.Caller();
        var definition = """{"displayName":"Books","fields":[{"name":"title","type":"STRING","classification":"PUBLIC","visibleTo":["*"]},{"name":"page_count","type":"INTEGER","classification":"PUBLIC","visibleTo":["*"]}],"rowRules":[{"roles":["admin"],"actions":["READ","CREATE","UPDATE","DELETE"]}]}""";
        var (status, answer) = await admin.SendAsync(HttpMethod.Post, "/api/data/datasets", $$"""{"datasetId":"{{id}}","dataset":{{definition}}}""");
        Assert.True(status == 200, answer);

        var items = $"/api/data/datasets/{id}/items";
        var created = await OkAsync(HttpMethod.Post, $"{items}?itemId=one", """{"fields":{"title":"Dune","page_count":412}}""");
        Assert.Equal($"datasets/{id}/items/one", (string)created["name"]!);
        Assert.Equal("""{"title":"Dune","page_count":412}""", created["fields"]!.ToJsonString());
        var changed = await OkAsync(HttpMethod.Patch, $"{items}/one", """{"fields":{"page_count":null}}""");
        Assert.Equal("""{"title":"Dune"}""", changed["fields"]!.ToJsonString());
        Assert.Equal(changed.ToJsonString(), (await OkAsync(HttpMethod.Get, $"{items}/one")).ToJsonString());
        var list = await OkAsync(HttpMethod.Get, $"{items}?filter=title%20%3D%20%22Du*%22&orderBy=title%20desc&pageSize=1&readMask=title");
        Assert.Equal("Dune", (string)list["items"]![0]!["fields"]!["title"]!);
        Assert.Equal("", (string)list["nextPageToken"]!);
        await OkAsync(HttpMethod.Delete, $"{items}/one");
        Assert.Equal(404, (await admin.SendAsync(HttpMethod.Get, $"{items}/one")).Status);
        await OkAsync(HttpMethod.Delete, $"/api/data/datasets/{id}");
        Assert.Equal(404, (await admin.SendAsync(HttpMethod.Get, items)).Status);

        async Task<JsonNode> OkAsync(HttpMethod method, string path, string? body = null)
        {
            var (code, text) = await admin.SendAsync(method, path, body);
            Assert.True(code == 200, text);
            return JsonNode.Parse(text)!;
        }
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    [InlineData("admin")]
    public async Task Lists_AreTheSameAsOverGrpc(string role)
    {
        var caller = fixture.Caller(role);
        foreach (var dataset in (string[])["surveys", "movies"])
        {
            var (status, body) = await caller.SendAsync(HttpMethod.Get, $"/api/data/datasets/{dataset}/items?pageSize=60");
            Assert.Equal(200, status);
            var overHttp = JsonNode.Parse(body)!["items"]!.AsArray().Select(i => (Name: (string)i!["name"]!, Fields: i["fields"]!.AsObject().Select(f => f.Key).Order()));
            var overGrpc = (await caller.ListAsync(dataset, pageSize: 60)).Items.Select(i => (i.Name, Fields: i.Fields.Fields.Keys.Order()));
            Assert.Equal(overGrpc.Select(i => $"{i.Name} {string.Join(',', i.Fields)}"), overHttp.Select(i => $"{i.Name} {string.Join(',', i.Fields)}"));
        }
    }

    [Theory]
    [InlineData("fields.page_count", 200)]
    [InlineData("pageCount", 200)]
    [InlineData("page_count", 200)]
    [InlineData("pageCounter", 400)]
    public async Task ReadMask_TakesNamesInBothSpellings(string mask, int expected)
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("title"), Field("page_count", Type.Integer)], Admins));
        await fixture.Caller().CreateAsync(id, Fields(("title", "x"), ("page_count", 1)));
        var (status, body) = await fixture.Caller().SendAsync(HttpMethod.Get, $"/api/data/datasets/{id}/items?readMask={mask}");
        Assert.Equal(expected, status);
        if (expected == 200) Assert.Equal("""{"page_count":1}""", JsonNode.Parse(body)!["items"]![0]!["fields"]!.ToJsonString());
    }

    [Theory]
    [InlineData("/api/data/datasets/movies/items?pageSize=x", 400)]
    [InlineData("/api/data/datasets/movies/items?pageSize=5000", 400)]
    [InlineData("/api/data/datasets/movies/items?pageToken=x", 400)]
    [InlineData("/api/data/datasets/movies/items?filter=title", 400)]
    [InlineData("/api/data/datasets/none/items", 404)]
    [InlineData("/api/data/datasets/NONE/items", 404)]
    [InlineData("/api/data/datasets/movies/items/none", 404)]
    [InlineData("/api/data/datasets/movies/items/a%27b", 404)]
    public async Task BadRequests_GetTheirStatusAndNoInternals(string path, int expected)
    {
        var (status, body) = await fixture.Caller().SendAsync(HttpMethod.Get, path);
        Assert.Equal(expected, status);
        foreach (var word in (string[])["   at ", "SELECT", "Npgsql", "items.d"]) Assert.DoesNotContain(word, body, StringComparison.Ordinal);
    }
}
