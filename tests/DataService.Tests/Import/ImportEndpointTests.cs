using System.Text.Json.Nodes;
using static AiMesh.DataService.Tests.Shapes;
using Type = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Import;

[Trait("Level", "Server")]
[Collection(DataTests.Name)]
public sealed class ImportEndpointTests(DataFixture fixture)
{
    [Theory]
    [InlineData(":import", "text/csv", "name,size\na,1\nb,2\n")]
    [InlineData("/items:import", "text/csv; charset=utf-8", "name,size\na,1\nb,2\n")]
    [InlineData(":import", "application/x-ndjson", "{\"name\":\"a\"}\n{\"name\":\"b\"}\n")]
    [InlineData("/items:import", "application/json", " [{\"name\":\"a\"},{\"name\":\"b\"}]")]
    [InlineData("/items:import", "application/json", "{\"csv\":\"name\\na\\nb\\n\"}")]
    [InlineData(":import", "application/json", "{\"json\":\"[{\\\"name\\\":\\\"a\\\"},{\\\"name\\\":\\\"b\\\"}]\",\"skipInvalid\":true}")]
    public async Task Body_InEachForm_IsImported(string path, string type, string body)
    {
        var id = await DefineAsync();
        var (status, answer) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}{path}", body, type);
        Assert.Equal((200, "{\"importedCount\":2,\"rejected\":[],\"rejectedCount\":0}"), (status, answer.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(2, (await fixture.Caller().IdsAsync(id)).Length);
    }

    [Fact]
    public async Task Options_ComeAsQueryParameters()
    {
        var id = await DefineAsync();
        var admin = fixture.Caller();
        var path = $"/api/data/datasets/{id}:import";
        var (status, answer) = await admin.SendAsync(HttpMethod.Post, $"{path}?skipInvalid=true&idField=key", "key,name,size\nk1,a,1\nk2,b,x\n", "text/csv");
        Assert.Equal(200, status);
        var rejected = JsonNode.Parse(answer)!["rejected"]![0]!;
        Assert.Equal((3, "size", "expected a 64-bit integer"), ((int)rejected["line"]!, (string)rejected["field"]!, (string)rejected["reason"]!));
        Assert.Equal(200, (await admin.SendAsync(HttpMethod.Post, $"{path}?validate_only=true", "name\nc\n", "text/csv")).Status);
        Assert.Equal(["k1"], await admin.IdsAsync(id));
    }

    [Theory]
    [InlineData("text/csv", "name,size\na,x\n", "", "line 2, size")]
    [InlineData("application/x-ndjson", "{", "", "line 1")]
    [InlineData("text/plain", "x", "", "Content-Type")]
    [InlineData("application/json", "{\"dataset\":", "", "body")]
    [InlineData("application/json", "{\"nothing\":1}", "", "body")]
    [InlineData("application/json", "{}", "", "source")]
    [InlineData("text/csv", "name\na", "?skipInvalid=yes", "skip_invalid")]
    public async Task WrongBody_IsAProblemThatNamesTheField(string type, string body, string query, string field)
    {
        var (status, answer) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{await DefineAsync()}:import{query}", body, type);
        Assert.Equal(400, status);
        Assert.Equal(field, (string)JsonNode.Parse(answer)!["errors"]![0]!["field"]!);
    }

    [Fact]
    public async Task Permission_IsAskedForFirst()
    {
        var id = await DefineAsync();
        var reader = fixture.CallerWith(["admin"], ["data:read:*", "data:import:another"], "rita");
        Assert.Equal(403, (await reader.SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}:import", "name\na", "text/csv")).Status);
        Assert.Equal(404, (await fixture.Caller("admin", "ann", "elsewhere").SendAsync(HttpMethod.Post, $"/api/data/datasets/{id}:import", "name\na", "text/csv")).Status);
        using var anonymous = new HttpClient { BaseAddress = fixture.Service.HttpAddress };
        using var content = new StringContent("name\na", null, "text/csv");
        Assert.Equal(401, (int)(await anonymous.PostAsync(new Uri($"/api/data/datasets/{id}:import", UriKind.Relative), content)).StatusCode);
    }

    [Fact]
    public async Task HugeBody_IsRefused()
    {
        var (status, _) = await fixture.Caller().SendAsync(HttpMethod.Post, $"/api/data/datasets/{await DefineAsync()}:import", new string('x', 11 * 1024 * 1024), "text/csv");
        Assert.Equal(413, status);
    }

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await fixture.Caller().DefineAsync(id, Dataset([Field("name"), Field("size", Type.Integer)], Admins));
        return id;
    }
}
