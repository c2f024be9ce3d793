using System.Net;
using System.Net.Http.Headers;
using AiMesh.Data.V1;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Tests.Answers;

[Collection(DataTests.Name)]
[Trait("Level", "Server")]
public sealed class ConditionalReadsTests(DataFixture fixture)
{
    private const string Offer = "X-AiMesh-Answers";
    private const string Label = "X-AiMesh-Answer";

    private readonly Caller _admin = fixture.Caller();

    [Fact]
    public async Task EntityTag_IsOfWhatTheCallerSees()
    {
        var dataset = await DefineAsync();
        string[] paths = [$"/api/data/datasets/{dataset}/items", $"/api/data/datasets/{dataset}/items?page_size=1", $"/api/data/datasets/{dataset}/items/a", $"/api/data/datasets/{dataset}"];
        string viewer = Token("viewer"), admin = Token("admin");
        var before = await TagsAsync(paths, viewer);
        var all = await TagsAsync(paths, admin);
        Assert.Equal(before, await TagsAsync(paths, viewer));
        Assert.All(paths.Zip(before), known => Assert.Equal(HttpStatusCode.NotModified, SendAsync(viewer, known.First, known.Second).Result.StatusCode));

        await _admin.UpdateAsync(dataset, "a", Fields(("secret", "2")));
        Assert.Equal(before, await TagsAsync(paths, viewer));
        Assert.All(paths.Zip(before), known => Assert.Equal(HttpStatusCode.NotModified, SendAsync(viewer, known.First, known.Second).Result.StatusCode));
        Assert.All(all.Zip(await TagsAsync(paths, admin)).Take(3), tags => Assert.NotEqual(tags.First, tags.Second));

        await _admin.UpdateAsync(dataset, "a", Fields(("title", "new")));
        Assert.All(before.Zip(await TagsAsync(paths, viewer)).Take(3), tags => Assert.NotEqual(tags.First, tags.Second));
        Assert.All(paths.Zip(before).Take(3), known => Assert.Equal(HttpStatusCode.OK, SendAsync(viewer, known.First, known.Second).Result.StatusCode));
    }

    [Fact]
    public async Task Answer_IsForTheCallersOwnCacheOnly_WhichHasToAskEachTime()
    {
        var dataset = await DefineAsync();
        foreach (var path in (string[])[$"/api/data/datasets/{dataset}/items", $"/api/data/datasets/{dataset}/items/a", $"/api/data/datasets/{dataset}"])
        {
            using var answer = await SendAsync(Token("viewer"), path);
            Assert.Equal((true, true), (answer.Headers.CacheControl?.Private, answer.Headers.CacheControl?.NoCache));
        }
    }

    [Fact]
    public async Task EntityTag_OfAnItemMadeAnew_IsAnother()
    {
        var dataset = await DefineAsync();
        var path = $"/api/data/datasets/{dataset}/items/a";
        var before = await TagsAsync([path], Token("viewer"));
        await _admin.DeleteAsync(dataset, "a");
        await _admin.CreateAsync(dataset, Fields(("title", "t"), ("status", "open"), ("secret", "1")), "a");
        Assert.NotEqual(before, await TagsAsync([path], Token("viewer")));
    }

    [Fact]
    public async Task IfMatch_OfAWrite_HoldsItToTheTag()
    {
        var dataset = await DefineAsync();
        var path = $"/api/data/datasets/{dataset}/items/a";
        var tag = (await TagsAsync([path], Token("admin")))[0];
        Assert.Equal(HttpStatusCode.OK, await WriteAsync(path, tag));
        foreach (var wrong in (string[])[tag, $"W/{tag}", "nonsense"]) Assert.Equal(HttpStatusCode.Conflict, await WriteAsync(path, wrong));
        Assert.Equal(HttpStatusCode.OK, await WriteAsync(path, "*"));
        using var delete = await SendAsync(Token("admin"), path, method: HttpMethod.Delete, ifMatch: tag);
        Assert.Equal(HttpStatusCode.Conflict, delete.StatusCode);
    }

    [Fact]
    public async Task Label_ConfirmsAnAnswerUntilSomethingIsWritten_AndEachUseIsRecorded()
    {
        var dataset = await DefineAsync();
        var path = $"/api/data/datasets/{dataset}/items";
        var label = await LabelAsync(Token("viewer"), path);
        var recorded = await RecordedAsync(dataset);
        using (var confirmed = await SendAsync(Token("viewer"), path, offer: $"rubbish,{label}"))
        {
            Assert.Equal(HttpStatusCode.NotModified, confirmed.StatusCode);
            Assert.Equal(label, Assert.Single(confirmed.Headers.GetValues(Label)));
            Assert.Empty(await confirmed.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(recorded + 1, await RecordedAsync(dataset));

        // Also where the writer's replica has not published the event: what is committed counts.
        await _admin.UpdateAsync(dataset, "a", Fields(("secret", "2")));
        using var outdated = await SendAsync(Token("viewer"), path, offer: label);
        Assert.Equal(HttpStatusCode.OK, outdated.StatusCode);
    }

    [Fact]
    public async Task Label_IsGoodForTheSameQueryOfThoseWhoSeeTheSame()
    {
        var dataset = await DefineAsync();
        var path = $"/api/data/datasets/{dataset}/items";
        var label = await LabelAsync(Token("viewer"), path);
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(Token("viewer", subject: "another"), path, label));
        (string Token, string Path)[] others =
        [
            (Token("admin"), path), (Token("member"), path), (Token("viewer"), $"{path}?filter=title%20%3D%20%22t%22"), (Token("viewer"), $"{path}?page_size=2"),
            (Token("viewer"), $"{path}?read_mask=title"), (Token("viewer"), $"{path}?order_by=title"), (Token("viewer"), $"{path}/a"),
        ];
        foreach (var (token, other) in others) Assert.Equal(HttpStatusCode.OK, await AskAsync(token, other, label));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(fixture.Authority.Token("viewer", "demo", ["viewer"], ["data:list"]), path, label));

        // Rows of one's own differ by caller, and so do pages with a token.
        var own = await LabelAsync(Token("member"), path);
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(Token("member"), path, own));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(Token("member", subject: "another"), path, own));
        await _admin.CreateAsync(dataset, Fields(("title", "u"), ("status", "open")), "b");
        var page = await LabelAsync(Token("viewer"), $"{path}?page_size=1");
        Assert.Equal(HttpStatusCode.NotModified, await AskAsync(Token("viewer"), $"{path}?page_size=1", page));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(Token("viewer", subject: "another"), $"{path}?page_size=1", page));
    }

    [Fact]
    public async Task Label_IsGivenOnRequestOnly()
    {
        var dataset = await DefineAsync();
        using var plain = await SendAsync(Token("viewer"), $"/api/data/datasets/{dataset}/items");
        Assert.False(plain.Headers.Contains(Label));
        using var missing = await SendAsync(Token("viewer"), $"/api/data/datasets/{dataset}/items/none", offer: "none");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.False(missing.Headers.Contains(Label));
    }

    private string Token(string role, string? subject = null) => fixture.Authority.Token(subject ?? role, "demo", [role], ["data:list", "data:read:*", "data:write:*", "data:delete:*"]);

    private async Task<string> DefineAsync()
    {
        var id = DataFixture.NewId();
        await _admin.DefineAsync(id, Dataset(
            [Field("title"), Field("status"), Field("secret", visibleTo: "admin")],
            Admins, Rule("viewer", "status = \"open\"", Action.Read), Rule("member", "row.owner = user.id", Action.Read)));
        await _admin.CreateAsync(id, Fields(("title", "t"), ("status", "open"), ("secret", "1")), "a");
        return id;
    }

    private Task<long> RecordedAsync(string dataset) =>
        fixture.AskAsync<long>($"SELECT count(*) FROM access_log WHERE dataset = '{dataset}' AND action = 'list' AND subject = 'viewer' AND item_count = 1");

    private async Task<string> LabelAsync(string token, string path)
    {
        // None is given while the last write waits to be published.
        for (var i = 0; i < 600; i++)
        {
            using var response = await SendAsync(token, path, offer: "none");
            if (response.Headers.TryGetValues(Label, out var labels)) return labels.Single();
            await Task.Delay(50);
        }

        throw new TimeoutException("No label is given.");
    }

    private async Task<HttpStatusCode> AskAsync(string token, string path, string label)
    {
        using var response = await SendAsync(token, path, offer: label);
        return response.StatusCode;
    }

    private async Task<HttpStatusCode> WriteAsync(string path, string ifMatch)
    {
        using var response = await SendAsync(Token("admin"), path, method: HttpMethod.Patch, ifMatch: ifMatch);
        return response.StatusCode;
    }

    private async Task<string[]> TagsAsync(string[] paths, string token)
    {
        var tags = new List<string>();
        foreach (var path in paths)
        {
            using var response = await SendAsync(token, path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.False(response.Headers.ETag!.IsWeak);
            tags.Add(response.Headers.ETag.Tag);
        }

        return [.. tags];
    }

    private async Task<HttpResponseMessage> SendAsync(string token, string path, string? known = null, string? offer = null, HttpMethod? method = null, string? ifMatch = null)
    {
        using var client = new HttpClient { BaseAddress = fixture.Service.HttpAddress };
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", known);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (offer is not null) request.Headers.Add(Offer, offer);
        if (method == HttpMethod.Patch) request.Content = new StringContent("{\"fields\":{\"title\":\"changed\"}}", MediaTypeHeaderValue.Parse("application/json"));
        return await client.SendAsync(request);
    }
}
