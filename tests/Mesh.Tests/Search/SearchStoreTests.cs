using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AiMesh.Testing;

namespace AiMesh.Mesh.Tests.Search;

/// <summary>A dataset whose vectors are in Chroma, searched through the gateway by who sees all of it and who sees some of it (D4, D9).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class SearchStoreTests(MeshFixture mesh)
{
    private const string Password = "a long enough passphrase 7";
    private const int Open = 30;

    // More of those that some do not see than are compared without the store.
    private const int Closed = 120;

    private readonly string _suffix = Random.Shared.Next(10_000_000, 99_999_999).ToString(CultureInfo.InvariantCulture);

    private string DatasetId => $"searched-{_suffix}";

    [Fact]
    public async Task Search_WithChroma_TellsEachWhatTheyMayKnow_AlsoWhileItIsAway()
    {
        await using var chroma = await ChromaServer.StartAsync();
        mesh.SearchStoreLine.TargetPort = chroma.Address.Port;
        using var admin = await mesh.ClientAsync("admin");
        using var analyst = await SignUpAsync(admin, "analyst");
        using var trainee = await SignUpAsync(admin, "trainee");
        await DefineAsync(admin);

        await Eventually.HoldsAsync(async () => await VectorsAsync(chroma) == 2 * (Open + Closed), TimeSpan.FromMinutes(1));

        // Who sees everything is answered what is nearest of everything; who does not, what is nearest of the rest, and no field but theirs.
        var all = (await SearchAsync(analyst)).Ok().Array("matches");
        var some = (await SearchAsync(trainee)).Ok().Array("matches");
        Assert.Equal(["c0", "c1", "c2"], Ids(all)[..3].Order(StringComparer.Ordinal));
        Assert.Equal(150, (await SearchAsync(analyst, topK: 200)).Ok().Array("matches").Count);
        Assert.Equal(Enumerable.Range(0, Open).Select(static i => FormattableString.Invariant($"o{i}")).Order(StringComparer.Ordinal), Ids((await SearchAsync(trainee, topK: 200)).Ok().Array("matches")).Order(StringComparer.Ordinal));
        Assert.All(all, static match => Assert.Equal("known to analysts", match!["item"]!["fields"]!.Text("memo")));
        Assert.All(some, static match => Assert.Equal(["kind", "title"], match!["item"]!["fields"]!.AsObject().Select(static field => field.Key).Order(StringComparer.Ordinal)));
        Assert.Empty((await SearchAsync(trainee, query: "known to analysts", weight: 0)).Ok()["matches"]?.AsArray() ?? []);

        mesh.SearchStoreLine.Line = Line.Cut;
        try
        {
            var refused = await SearchAsync(analyst);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (refused.Status, refused.MediaType));
            Assert.Contains("SEARCH_STORE_UNAVAILABLE", refused.Text, StringComparison.Ordinal);
            Assert.Contains("searches by words alone", refused.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(mesh.SearchStoreLine.Port.ToString(CultureInfo.InvariantCulture), refused.Text, StringComparison.Ordinal);
            Assert.NotEmpty((await SearchAsync(analyst, weight: 0)).Ok().Array("matches"));
            Assert.Equal(some.ToJsonString(), (await SearchAsync(trainee)).Ok().Array("matches").ToJsonString());

            // What is written meanwhile is no worse off.
            (await admin.PostAsync($"/api/data/datasets/{DatasetId}/items?itemId=late", """{"fields":{"title":"a rocket to the moon","memo":"known to analysts","kind":"closed"}}""")).Ok();
            (await admin.CallAsync(HttpMethod.Delete, $"/api/data/datasets/{DatasetId}/items/c0", null)).Ok();
        }
        finally
        {
            mesh.SearchStoreLine.Line = Line.Whole;
        }

        Assert.Equal("late", Ids((await AnsweredAsync(analyst)).Ok().Array("matches"))[0]);
        Assert.DoesNotContain("c0", Ids((await AnsweredAsync(analyst, topK: 200)).Ok().Array("matches")));
        Assert.Equal(some.ToJsonString(), (await SearchAsync(trainee)).Ok().Array("matches").ToJsonString());
    }

    private Task<Answer> SearchAsync(HttpClient client, string query = "a rocket flight to the moon", double weight = 1, int topK = 10) => client.PostAsync(
        $"/api/data/datasets/{DatasetId}/items:search", new JsonObject { ["query"] = query, ["vectorWeight"] = weight, ["topK"] = topK }.ToJsonString());

    /// <summary>Asks until there is an answer, where the store was away.</summary>
    private async Task<Answer> AnsweredAsync(HttpClient client, int topK = 10)
    {
        var answer = new Answer(default, null, null, "");
        await Eventually.HoldsAsync(async () => (answer = await SearchAsync(client, topK: topK)).Status != HttpStatusCode.ServiceUnavailable, TimeSpan.FromMinutes(1));
        return answer;
    }

    private static string[] Ids(JsonArray matches) => [.. matches.Select(static match => match!["item"]!.Text("name").Split('/')[^1])];

    private async Task DefineAsync(HttpClient admin)
    {
        (await admin.PostAsync("/api/data/datasets", $$"""
            {"datasetId":"{{DatasetId}}","dataset":{"searchStore":"vectors",
             "fields":[{"name":"title","type":"STRING","classification":"INTERNAL","visibleTo":["*"],"searchable":true},
                       {"name":"memo","type":"STRING","classification":"INTERNAL","visibleTo":["admin","analyst-{{_suffix}}"],"searchable":true},
                       {"name":"kind","type":"STRING","classification":"INTERNAL","visibleTo":["*"]}],
             "rowRules":[{"roles":["admin"],"actions":["READ","CREATE","UPDATE","DELETE"]},{"roles":["analyst-{{_suffix}}"],"actions":["READ"]},
                         {"roles":["trainee-{{_suffix}}"],"condition":"kind = open","actions":["READ"]}]} }
            """)).Ok();
        var csv = new StringBuilder("id,title,memo,kind\n");
        for (var i = 0; i < Closed; i++) csv.Append(CultureInfo.InvariantCulture, $"c{i},{(i < 3 ? "astronauts fly a rocket to the moon" : "interest rates of a bank")},known to analysts,closed\n");
        for (var i = 0; i < Open; i++) csv.Append(CultureInfo.InvariantCulture, $"o{i},the bearing of a pump,known to analysts,open\n");
        (await admin.PostAsync($"/api/data/datasets/{DatasetId}/items:import", new JsonObject { ["csv"] = csv.ToString(), ["idField"] = "id" }.ToJsonString())).Ok();
    }

    /// <summary>Somebody with a role of their own that may read.</summary>
    private async Task<HttpClient> SignUpAsync(HttpClient admin, string name)
    {
        var (role, email) = ($"{name}-{_suffix}", $"{name}-{_suffix}@example.org");
        (await admin.PostAsync("/api/auth/roles", $$"""{"name":"{{role}}","permissions":["data:list","data:read:*"]}""")).Ok();
        (await admin.PostAsync("/api/auth/users", $$$"""{"user":{"email":"{{{email}}}","displayName":"{{{name}}}","roles":["{{{role}}}"]},"password":"{{{Password}}}"}""")).Ok();
        var client = await mesh.ClientAsync(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await mesh.LoginAsync(email, Password)).Text("accessToken"));
        return client;
    }

    /// <summary>How many vectors Chroma has, by its own count.</summary>
    private static async Task<int> VectorsAsync(ChromaServer chroma)
    {
        using var client = new HttpClient { BaseAddress = new Uri(chroma.Address, "api/v2/tenants/default_tenant/databases/default_database/collections/") };
        var count = 0;
        foreach (var collection in JsonNode.Parse(await client.GetStringAsync(new Uri("../collections", UriKind.Relative)))!.AsArray())
            count += int.Parse(await client.GetStringAsync(new Uri($"{collection!.Text("id")}/count", UriKind.Relative)), CultureInfo.InvariantCulture);
        return count;
    }
}
