using System.Net;
using System.Text.Json;
using AiMesh.ServiceDefaults.Identity.Tokens;

namespace AiMesh.AuthService.Tests.Keys;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class WellKnownTests(AuthFixture fixture)
{
    private HttpClient Http => fixture.Service.Http;

    [Fact]
    public async Task Jwks_Always_ShowsPublicKeysAndMayBeCached()
    {
        using var response = await Http.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/jwk-set+json", response.Content.Headers.ContentType!.MediaType);
        Assert.True(response.Headers.CacheControl!.Public);
        Assert.Equal(TimeSpan.FromMinutes(5), response.Headers.CacheControl.MaxAge);
        var jwks = await response.Content.ReadAsByteArrayAsync();
        Assert.True(AccessTokenKeySet.TryParse(jwks, out var keys));
        Assert.Equal(1, keys.Count);
        Assert.DoesNotContain("\"d\"", System.Text.Encoding.UTF8.GetString(jwks), StringComparison.Ordinal);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json") { Headers = { IfNoneMatch = { response.Headers.ETag! } } };
        using var unchanged = await Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Discovery_Always_LeadsToTheKeys()
    {
        using var document = JsonDocument.Parse(await Http.GetByteArrayAsync(new Uri("/.well-known/openid-configuration", UriKind.Relative)));
        Assert.Equal("https://aimesh", document.RootElement.GetProperty("issuer").GetString());
        Assert.True(AccessTokenKeySet.TryParse(await Http.GetByteArrayAsync(new Uri(document.RootElement.GetProperty("jwks_uri").GetString()!)), out _));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999")]
    public async Task Revoked_AfterSomethingElseThanANumber_NamesTheParameter(string after)
    {
        using var response = await Http.GetAsync(new Uri($"/.well-known/revoked?after={after}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"after\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
