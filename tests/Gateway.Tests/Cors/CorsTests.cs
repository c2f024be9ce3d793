using System.Net;

namespace AiMesh.Gateway.Tests.Cors;

[Trait("Level", "Server")]
public sealed class CorsTests
{
    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("https://evil.example", false)]
    public async Task Preflight_IsAnsweredForConfiguredOrigins_WithoutAToken(string origin, bool allowed)
    {
        await using var gateway = await GatewayFixture.StartAsync(["Cors:Origins:0=https://app.example"]);
        using var client = gateway.Client();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/data/datasets");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "PATCH");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization");
        using var answer = await client.SendAsync(preflight);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/data/datasets");
        request.Headers.Add("Origin", origin);
        using var refused = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(allowed, refused.Headers.Contains("Access-Control-Allow-Origin")); // So that the page can read why.
    }

    [Fact]
    public async Task WithoutOrigins_NoPageMayCall()
    {
        await using var gateway = await GatewayFixture.StartAsync([]);
        using var client = gateway.Client(gateway.Authority.Token("u", "o"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/data/datasets");
        request.Headers.Add("Origin", "https://app.example");
        using var answer = await client.SendAsync(request);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
