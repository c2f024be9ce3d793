using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace AiMesh.Gateway.Tests.Edge;

[Trait("Level", "Server")]
public sealed class EdgeTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Request_WithoutToken_IsRefusedWithTheWayOut()
    {
        using var client = gateway.Client();
        using var response = await client.GetAsync("/api/data/datasets");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal("CREDENTIAL_MISSING", problem["reason"]!.GetValue<string>());
        Assert.Contains("POST /api/auth/login", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithExpiredToken_IsToldSo()
    {
        var hourAgo = DateTimeOffset.UtcNow.AddHours(-1);
        var expired = AiMesh.Testing.TestAuthority.Claims("u", "o") with { IssuedAt = hourAgo, NotBefore = hourAgo, Expires = hourAgo.AddMinutes(10) };
        using var client = gateway.Client(gateway.Authority.Writer.Write(expired));
        using var response = await client.GetAsync("/api/data/datasets");

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("TOKEN_EXPIRED", (await response.Content.ReadFromJsonAsync<JsonObject>())!["reason"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("not.a.token")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")]
    [InlineData("")]
    public async Task Request_WithForgedToken_IsRefused(string token)
    {
        using var client = gateway.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task Request_WithToken_ReachesTheServiceWithThatToken()
    {
        var token = gateway.Authority.Token("u", "o");
        using var client = gateway.Client(token);
        var seen = await client.GetFromJsonAsync<Dictionary<string, string>>("/api/data/datasets");
        Assert.Equal($"Bearer {token}", seen!["Authorization"]);
    }

    [Theory]
    [InlineData("X-User-Id")]
    [InlineData("x-user")]
    [InlineData("X-AiMesh-Principal")]
    [InlineData("X_User_Id")]
    [InlineData("x-forwarded-user")]
    [InlineData("X-Tenant-Id")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("Remote-User")]
    public async Task IdentityHeader_OfAClient_NeverReachesAService(string header)
    {
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/data/datasets");
        request.Headers.TryAddWithoutValidation(header, "admin");
        request.Headers.TryAddWithoutValidation("X-Harmless", "stays");
        using var response = await client.SendAsync(request);
        var seen = (await response.Content.ReadFromJsonAsync<Dictionary<string, string>>())!;

        Assert.DoesNotContain(seen.Keys, name => name.Equals(header, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("stays", seen["X-Harmless"]);
    }

    [Fact]
    public async Task ForwardedFor_OfAClient_IsReplacedByItsAddress()
    {
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", "10.0.0.1");
        var seen = await client.GetFromJsonAsync<Dictionary<string, string>>("/api/data/datasets");
        Assert.Equal("127.0.0.1", seen!["X-Forwarded-For"]);
    }

    [Theory]
    [InlineData("/api/iot/ingest", HttpStatusCode.OK)]
    [InlineData("/api/iot/devices", HttpStatusCode.Forbidden)]
    [InlineData("/api/data/datasets", HttpStatusCode.Forbidden)]
    [InlineData("/api/auth/users", HttpStatusCode.Forbidden)]
    public async Task DeviceCredential_ReachesIngestOnly(string path, HttpStatusCode expected)
    {
        using var client = gateway.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Device amd_k1_secret");
        using var content = JsonContent.Create(new { });
        Assert.Equal(expected, (await client.PostAsync(path, content)).StatusCode);
    }

    [Fact]
    public async Task MalformedDeviceCredential_IsRefusedAtTheEdge()
    {
        using var client = gateway.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Device nonsense");
        using var content = JsonContent.Create(new { });
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/api/iot/ingest", content)).StatusCode);
    }

    [Fact]
    public async Task RevokedToken_IsRefusedWithinTwoSeconds()
    {
        var claims = AiMesh.Testing.TestAuthority.Claims("u", "o");
        using var client = gateway.Client(gateway.Authority.Writer.Write(claims));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/data/datasets")).StatusCode);

        gateway.Authority.RevokeToken(claims.TokenId);
        await Task.Delay(TimeSpan.FromSeconds(2));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/data/datasets")).StatusCode);
    }

    [Fact]
    public async Task SignIn_NeedsNoToken()
    {
        using var client = gateway.Client();
        using var content = JsonContent.Create(new { });
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/api/auth/login", content)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("/api/auth/logout", content)).StatusCode);
    }

    [Theory]
    [InlineData("/.well-known/jwks.json", HttpStatusCode.OK)]
    [InlineData("/.well-known/openid-configuration", HttpStatusCode.OK)]
    [InlineData("/.well-known/oauth-authorization-server", HttpStatusCode.OK)]
    [InlineData("/.well-known/revoked", HttpStatusCode.NotFound)]
    [InlineData("/.well-known/jwksxjson", HttpStatusCode.NotFound)]
    public async Task WellKnownDocument_NeedsNoToken(string path, HttpStatusCode expected)
    {
        using var client = gateway.Client();
        Assert.Equal(expected, (await client.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task TokenEndpoint_NeedsNoTokenAndAnswersAsOAuthSays()
    {
        gateway.Service.Answers["/api/auth/token"] = (401, """{"error":"invalid_client"}""");
        using var client = gateway.Client();
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
        using var response = await client.PostAsync("/api/auth/token", form);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("invalid_client", (await response.Content.ReadFromJsonAsync<JsonObject>())!["error"]!.GetValue<string>());
    }
}
