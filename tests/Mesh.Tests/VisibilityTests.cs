using System.Net;
using AiMesh.Ai.V1;
using AiMesh.Data.V1;
using Grpc.Core;

namespace AiMesh.Mesh.Tests;

/// <summary>The same question, three roles, three answers: at REST, gRPC and Ask (D1, D2, I12).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class VisibilityTests(MeshFixture mesh)
{
    private static readonly string[] ViewerFields = ["organisation_name", "fund_name", "geographic_markets"];

    [Fact]
    public async Task Surveys_OverRest_ShowEachRoleItsOwnRowsAndFields()
    {
        var viewer = await SurveysOverRestAsync("viewer");
        var member = await SurveysOverRestAsync("member");
        var admin = await SurveysOverRestAsync("admin");

        AssertNested(viewer, member, admin);
    }

    [Fact]
    public async Task Surveys_OverGrpc_ShowTheSameAsOverRest()
    {
        foreach (var role in new[] { "viewer", "member", "admin" })
        {
            using var channel = await mesh.ChannelAsync(role);
            var request = new ListItemsRequest { Dataset = "surveys", PageSize = 1000 };
            var response = await new Items.ItemsClient(channel).ListItemsAsync(request);
            var overGrpc = response.Items.ToDictionary(item => item.Name, item => item.Fields.Fields.Keys.ToHashSet());
            var overRest = await SurveysOverRestAsync(role);

            Assert.Equal(overRest.Keys.Order(), overGrpc.Keys.Order());
            Assert.All(overRest, row => Assert.Equal(row.Value.Order(), overGrpc[row.Key].Order()));
        }
    }

    [Fact]
    public async Task Ask_TheSameCount_DiffersAsTheVisibleRowsDo()
    {
        foreach (var role in new[] { "viewer", "member", "admin" })
        {
            var visible = (await SurveysOverRestAsync(role)).Count;
            using var channel = await mesh.ChannelAsync(role);
            var answer = await new Assistant.AssistantClient(channel).AskAsync(new AskRequest { Question = "How many surveys are there?", Datasets = { "surveys" } });
            Assert.Matches($@"\b{visible}\b", answer.Answer);
        }
    }

    [Fact]
    public async Task Ask_ForAHiddenField_IsNotAnsweredForTheViewerButForTheMember()
    {
        const string Question = """{"question":"Which movie has the highest worldwide gross?","datasets":["movies"]}""";
        using var viewer = await mesh.ClientAsync("viewer");
        using var member = await mesh.ClientAsync("member");

        var hidden = (await viewer.PostAsync("/api/ai/ask", Question)).Ok();
        var shown = (await member.PostAsync("/api/ai/ask", Question)).Ok();

        Assert.False(hidden["answered"]!.GetValue<bool>());
        Assert.DoesNotContain("Avatar", hidden.Text("answer"), StringComparison.Ordinal);
        Assert.Contains("Avatar", shown.Text("answer"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("filter=worldwide_gross%20%3E%201", "filter")]
    [InlineData("orderBy=worldwide_gross", "orderBy")]
    [InlineData("readMask=worldwide_gross", "readMask")]
    public async Task HiddenField_BehavesExactlyLikeAnUnknownOne(string query, string parameter)
    {
        using var viewer = await mesh.ClientAsync("viewer");
        var hidden = await viewer.FetchAsync($"/api/data/datasets/movies/items?{query}");
        var unknown = await viewer.FetchAsync($"/api/data/datasets/movies/items?{query.Replace("worldwide_gross", "worldwide_grosz", StringComparison.Ordinal)}");

        Assert.Equal(HttpStatusCode.BadRequest, hidden.Status);
        Assert.Equal(WithoutTrace(unknown.Text).Replace("worldwide_grosz", "worldwide_gross", StringComparison.Ordinal), WithoutTrace(hidden.Text));
        Assert.NotEmpty(parameter);
    }

    [Fact]
    public async Task HiddenRow_IsNotFound_LikeOneThatDoesNotExist()
    {
        var viewer = await SurveysOverRestAsync("viewer");
        var hiddenName = (await SurveysOverRestAsync("admin")).Keys.First(name => !viewer.ContainsKey(name));
        using var client = await mesh.ClientAsync("viewer");

        var hidden = await client.FetchAsync($"/api/data/{hiddenName}");
        var missing = await client.FetchAsync("/api/data/datasets/surveys/items/none");

        Assert.Equal(HttpStatusCode.NotFound, hidden.Status);
        Assert.Equal(WithoutTrace(missing.Text).Replace("none", hiddenName.Split('/')[^1], StringComparison.Ordinal), WithoutTrace(hidden.Text));
    }

    [Fact]
    public async Task AnotherOrganisation_SeesNothingOfTheDemo()
    {
        var email = $"{Guid.NewGuid():N}@example.org";
        using var anonymous = await mesh.ClientAsync(null);
        (await anonymous.PostAsync("/api/auth/register", $$"""{"email":"{{email}}","password":"a long enough passphrase 7"}""")).Ok();
        var token = (await mesh.LoginAsync(email, "a long enough passphrase 7")).Text("accessToken");
        anonymous.DefaultRequestHeaders.Authorization = new("Bearer", token);

        Assert.Empty((await anonymous.FetchAsync("/api/data/datasets")).Ok().Array("datasets"));
        Assert.Equal(HttpStatusCode.NotFound, (await anonymous.FetchAsync("/api/data/datasets/movies/items")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await anonymous.FetchAsync("/api/iot/devices/demo-pump-1")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await anonymous.PostAsync("/api/ai/ask", """{"question":"How many?","datasets":["movies"]}""")).Status);
    }

    [Fact]
    public async Task Viewer_MayNotWrite()
    {
        using var channel = await mesh.ChannelAsync("viewer");
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Items.ItemsClient(channel).DeleteItemAsync(new DeleteItemRequest { Dataset = "surveys", Item = "x" }));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    private static void AssertNested(Dictionary<string, HashSet<string>> viewer, Dictionary<string, HashSet<string>> member, Dictionary<string, HashSet<string>> admin)
    {
        Assert.NotEmpty(viewer);
        Assert.Subset(member.Keys.ToHashSet(), viewer.Keys.ToHashSet());
        Assert.Subset(admin.Keys.ToHashSet(), member.Keys.ToHashSet());
        Assert.True(viewer.Count < member.Count && member.Count < admin.Count, $"{viewer.Count} {member.Count} {admin.Count}");
        Assert.All(viewer.Values, fields => Assert.Subset(ViewerFields.ToHashSet(), fields));
        Assert.Contains(member.Values, fields => fields.Contains("target_fund_size"));
        Assert.DoesNotContain(member.Values, fields => fields.Contains("contact_email"));
        Assert.Contains(admin.Values, fields => fields.Contains("contact_email"));
    }

    private async Task<Dictionary<string, HashSet<string>>> SurveysOverRestAsync(string role)
    {
        using var client = await mesh.ClientAsync(role);
        var items = await MainJobTests.AllItemsAsync(client, "surveys", "");
        return items.ToDictionary(item => item.Text("name"), item => item["fields"]!.AsObject().Select(field => field.Key).ToHashSet());
    }

    private static string WithoutTrace(string problem) =>
        System.Text.RegularExpressions.Regex.Replace(problem, "\"(traceId|instance)\":\"[^\"]*\"", "");
}
