using System.Net;

namespace AiMesh.Mesh.Tests;

/// <summary>Bad input gets a problem that names the field; nothing crashes, no stack trace leaves the mesh.</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class BadInputTests(MeshFixture mesh)
{
    public static TheoryData<string, string, string, string> Requests => new()
    {
        // method, path, body, what the answer must name
        { "POST", "/api/auth/login", """{"email":"viewer@demo.aimesh"}""", "password" },
        { "POST", "/api/auth/login", """{"email":5,"password":"x"}""", "email" },
        { "POST", "/api/auth/login", """{"emial":"a","password":"x"}""", "emial" },
        { "POST", "/api/auth/register", """{"email":"not an address","password":"a long enough passphrase"}""", "email" },
        { "POST", "/api/auth/register", """{"email":"a@b.example","password":"short"}""", "password" },
        { "GET", "/api/data/datasets/movies/items?pageSize=abc", "", "pageSize" },
        { "GET", "/api/data/datasets/movies/items?pageSize=-1", "", "page_size" },
        { "GET", "/api/data/datasets/movies/items?pageToken=garbage", "", "page_token" },
        { "GET", "/api/data/datasets/movies/items?filter=title%20%3D", "", "filter" },
        { "GET", "/api/data/datasets/movies/items?orderBy=nothing", "", "order_by" },
        { "POST", "/api/data/datasets/surveys/items", """{"fields":{"target_fund_size":"many"}}""", "target_fund_size" },
        { "POST", "/api/data/datasets/surveys/items", """{"fields":{"no_such":1}}""", "no_such" },
        { "POST", "/api/data/datasets/surveys/items", """{"item":{}}""", "item" },
        { "POST", "/api/data/datasets/surveys:import", """{"csv":"fund_name\n\"open"}""", "line" },
        { "POST", "/api/ai/ask", """{"datasets":["movies"]}""", "question" },
        { "POST", "/api/ai/ask", """{"question":"How many?"}""", "datasets" },
        { "POST", "/api/ai/ask", """{"question":"How many?","datasets":["movies"],"model":"no/such"}""", "no/such" },
        { "POST", "/api/ai/ask", """{"question":"How many?","datasets":"movies"}""", "datasets" },
        { "POST", "/api/iot/ingest", """{"deviceId":"demo-pump-1"}""", "readings" },
        { "POST", "/api/iot/ingest", """{"deviceId":"demo-pump-1","readings":[{"metric":"t","value":"hot"}]}""", "value" },
        { "POST", "/api/iot/devices", """{"deviceId":"Not Valid!","device":{}}""", "device_id" },
        { "POST", "/api/iot/devices", "{", "JSON" },
        { "POST", "/api/iot/devices", "[]", "object" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task BadRequest_NamesWhatIsWrong(string method, string path, string body, string named)
    {
        using var client = await mesh.ClientAsync("admin");
        var answer = await client.CallAsync(new HttpMethod(method), path, body.Length > 0 ? body : null);

        Assert.True(answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{(int)answer.Status}: {answer.Text}");
        Assert.Equal("application/problem+json", answer.MediaType);
        Assert.Contains(named.Replace("_", "", StringComparison.Ordinal), answer.Text.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readings_PartlyRefused_AreStoredForTheRestAndNamedByIndex()
    {
        using var client = await mesh.ClientAsync("admin");
        var answer = (await client.PostAsync("/api/iot/ingest", """
            {"deviceId":"demo-pump-1","readings":[{"metric":"temperature","value":61},{"metric":"","value":1},{"metric":"temperature","value":1,"time":"2001-01-01T00:00:00Z"}]}
            """)).Ok();

        Assert.Equal(1, answer["accepted"]!.GetValue<int>());
        Assert.Equal([(1, "metric"), (2, "time")], answer.Array("rejected").Select(item => (item!["index"]!.GetValue<int>(), item.Text("field"))));
        Assert.All(answer.Array("rejected"), item => Assert.NotEmpty(item!.Text("reason")));
    }
}
