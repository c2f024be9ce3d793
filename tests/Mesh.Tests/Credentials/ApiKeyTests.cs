using System.Net;
using System.Net.Http.Headers;

namespace AiMesh.Mesh.Tests.Credentials;

/// <summary>API keys through the whole mesh: made by an administrator at the gateway, used at services, revoked (A3).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class ApiKeyTests(MeshFixture mesh)
{
    private const string Movies = "/api/data/datasets/movies/items?pageSize=1";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_OpensWhatItsScopesSay_AndNothingElse(bool asBearer)
    {
        using var admin = await mesh.ClientAsync("admin");
        using var program = await ProgramAsync(admin, asBearer, "data:read:movies");

        var read = (await program.FetchAsync(Movies)).Ok();
        var otherDataset = await program.FetchAsync("/api/data/datasets/surveys/items");
        var otherService = await program.PostAsync("/api/ai/ask", """{"question":"How many movies are there?","datasets":["movies"]}""");
        var administration = await program.FetchAsync("/api/auth/users");

        Assert.Single(read.Array("items"));
        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (otherDataset.Status, otherService.Status, administration.Status));
    }

    [Fact]
    public async Task Key_WithMoreThanItsOwnerHas_IsNotMade()
    {
        using var member = await mesh.ClientAsync("member");
        using var admin = await mesh.ClientAsync("admin");
        var refused = await member.PostAsync("/api/auth/api-keys", """{"displayName":"A program","scopes":["auth:users:read"]}""");
        using var ofAdmin = await ProgramAsync(admin, asBearer: false, "auth:users:read");

        Assert.Equal((HttpStatusCode.Forbidden, "PERMISSION_DENIED"), (refused.Status, refused.Json!.Text("reason")));
        Assert.Equal(HttpStatusCode.OK, (await ofAdmin.FetchAsync("/api/auth/users")).Status);
    }

    [Fact]
    public async Task Key_Revoked_IsRefusedEverywhereWithinSeconds()
    {
        using var admin = await mesh.ClientAsync("admin");
        var (id, secret) = await CreateAsync(admin, "data:*", "ai:*");
        using var program = Program(secret, asBearer: true);
        (await program.FetchAsync(Movies)).Ok();
        (await program.FetchAsync("/api/ai/models")).Ok();

        (await admin.PostAsync($"/api/auth/api-keys/{id}:revoke", "{}")).Ok();

        // Two seconds are promised; a loaded machine may take longer, for ever it may not.
        foreach (var path in new[] { Movies, "/api/ai/models" })
            Assert.Equal(HttpStatusCode.Unauthorized, await EventuallyAsync(program, path, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Key_BesideAnotherCredential_OrMadeUp_IsRefused()
    {
        using var admin = await mesh.ClientAsync("admin");
        var (_, secret) = await CreateAsync(admin, "data:*");
        admin.DefaultRequestHeaders.Add("x-api-key", secret);
        using var stranger = Program($"{secret[..^4]}AAAA", asBearer: false);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.FetchAsync(Movies)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.FetchAsync(Movies)).Status);
    }

    private static async Task<HttpStatusCode> EventuallyAsync(HttpClient client, string path, HttpStatusCode expected)
    {
        var patience = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            var status = (await client.FetchAsync(path)).Status;
            if (status == expected || DateTime.UtcNow > patience) return status;
            await Task.Delay(100);
        }
    }

    private async Task<HttpClient> ProgramAsync(HttpClient owner, bool asBearer, params string[] scopes) => Program((await CreateAsync(owner, scopes)).Secret, asBearer);

    private static async Task<(string Id, string Secret)> CreateAsync(HttpClient owner, params string[] scopes)
    {
        var list = string.Join(',', scopes.Select(static scope => $"\"{scope}\""));
        var created = (await owner.PostAsync("/api/auth/api-keys", $$"""{"displayName":"A program","scopes":[{{list}}]}""")).Ok();
        return (created["apiKey"]!.Text("id"), created.Text("secret"));
    }

    private HttpClient Program(string key, bool asBearer)
    {
        var client = new HttpClient { BaseAddress = mesh.GatewayAddress, Timeout = TimeSpan.FromSeconds(60) };
        if (asBearer) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        else client.DefaultRequestHeaders.Add("x-api-key", key);
        return client;
    }
}
