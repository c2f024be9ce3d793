using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace AiMesh.Mesh.Tests.Credentials;

/// <summary>OAuth clients through the whole mesh: a token of the gateway's token endpoint opens DataService (A6).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class ClientCredentialTests(MeshFixture mesh)
{
    [Fact]
    public async Task Token_OfAClient_ReadsAsItsRoleMay_WithinTheScopeThatWasAskedFor()
    {
        using var admin = await mesh.ClientAsync("admin");
        var created = (await admin.PostAsync("/api/auth/clients", """{"displayName":"Importer","roles":["viewer"]}""")).Ok();
        var (id, secret) = (created["client"]!.Text("id"), created.Text("secret"));
        using var anonymous = await mesh.ClientAsync(null);

        using var whole = Program((await TokenAsync(anonymous, id, secret)).Ok());
        using var narrow = Program((await TokenAsync(anonymous, id, secret, "data:read:surveys")).Ok());
        using var viewer = await mesh.ClientAsync("viewer");
        var wrongSecret = await TokenAsync(anonymous, id, $"{secret}x");
        var tooMuch = await TokenAsync(anonymous, id, secret, "auth:users:read");

        // The same rows and fields as anybody with that role.
        var expected = (await viewer.FetchAsync("/api/data/datasets/surveys/items?pageSize=1000")).Ok().Array("items");
        Assert.Equal(expected.Select(Fields), (await whole.FetchAsync("/api/data/datasets/surveys/items?pageSize=1000")).Ok().Array("items").Select(Fields));
        Assert.NotEmpty((await narrow.FetchAsync("/api/data/datasets/surveys/items")).Ok().Array("items"));
        Assert.Equal(HttpStatusCode.Forbidden, (await narrow.FetchAsync("/api/data/datasets/movies/items")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await whole.FetchAsync("/api/auth/users")).Status);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (wrongSecret.Status, wrongSecret.Json!.Text("error")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_scope"), (tooMuch.Status, tooMuch.Json!.Text("error")));
    }

    private static string Fields(JsonNode? item) => $"{item!["name"]} {item["fields"]!.ToJsonString()}";

    private static Task<Answer> TokenAsync(HttpClient client, string id, string secret, string? scope = null) => client.CallAsync(
        HttpMethod.Post, "/api/auth/token",
        $"grant_type=client_credentials&client_id={id}&client_secret={Uri.EscapeDataString(secret)}{(scope is null ? "" : $"&scope={Uri.EscapeDataString(scope)}")}",
        "application/x-www-form-urlencoded");

    private HttpClient Program(JsonNode answer)
    {
        var client = new HttpClient { BaseAddress = mesh.GatewayAddress, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.Text("access_token"));
        return client;
    }
}
