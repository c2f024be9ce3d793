using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using AiMesh.Testing;

namespace AiMesh.Mesh.Tests.Credentials;

/// <summary>Sign-in through npm oidc-provider and the gateway, as a browser goes (A6).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class ExternalSignInTests(MeshFixture mesh)
{
    [Fact]
    public async Task Browser_ThroughTheGateway_EndsWithATokenThatOpensData()
    {
        using var admin = await mesh.ClientAsync("admin");
        var organisation = (await admin.FetchAsync("/api/auth/organisation")).Ok().Text("id");
        var name = $"idp-{Guid.NewGuid():N}"[..20];
        var callback = new Uri(mesh.GatewayAddress, $"/api/auth/external/{organisation}/{name}/callback");
        await using var provider = await OidcProvider.StartAsync(FreePort.Next(), callback.AbsoluteUri, "RS256", small: false, $"{name}@example.com");
        var created = (await admin.PostAsync("/api/auth/identity-providers", new JsonObject
        {
            ["name"] = name,
            ["issuer"] = provider.Issuer,
            ["clientId"] = OidcProvider.ClientId,
            ["clientSecret"] = OidcProvider.ClientSecret,
            ["scopes"] = new JsonArray("profile", "email", "groups"),
            ["roleMappings"] = new JsonArray(new JsonObject { ["claim"] = "groups", ["value"] = "staff", ["role"] = "viewer" }),
            ["createsUsers"] = true,
        }.ToJsonString())).Ok();
        Assert.Equal(callback.AbsoluteUri, created.Text("redirectUri"));

        var tokens = await FollowAsync(new Uri(mesh.GatewayAddress, $"/api/auth/external/{organisation}/{name}/start"));

        using var person = new HttpClient { BaseAddress = mesh.GatewayAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", tokens.Text("accessToken")) } };
        var verified = (await person.FetchAsync("/api/auth/verify")).Ok();
        Assert.Equal($"{name}@example.com", verified.Text("email"));
        Assert.Equal(["viewer"], verified.Array("roles").Select(static role => role!.GetValue<string>()));
        Assert.NotEmpty((await person.FetchAsync("/api/data/datasets/surveys/items")).Ok().Array("items"));

        // Only these addresses are open to everybody; what administers them is not.
        using var anonymous = await mesh.ClientAsync(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.FetchAsync("/api/auth/identity-providers")).Status);
        var exchange = await anonymous.PostAsync("/api/auth/external:exchange", $$"""{"code":"x","codeVerifier":"{{new string('v', 43)}}"}""");
        Assert.Equal((HttpStatusCode.Unauthorized, "SIGN_IN_CODE_INVALID"), (exchange.Status, exchange.Json!.Text("reason")));
    }

    private static async Task<JsonNode> FollowAsync(Uri address)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
        for (var i = 0; i < 20; i++)
        {
            using var answer = await browser.GetAsync(address);
            if (answer.Headers.Location is { } next)
            {
                address = new Uri(address, next);
                continue;
            }

            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{address.AbsolutePath} answered {(int)answer.StatusCode}: {text}");
            return JsonNode.Parse(text)!;
        }

        throw new InvalidOperationException("The redirects have no end.");
    }
}
