using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace AiMesh.AuthService.Tests;

/// <summary>The same service as JSON over HTTP/1.1.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RestTests(AuthFixture fixture)
{
    [Fact]
    public async Task Sessions_FromRegisterToLogout_WorkAsJson()
    {
        var email = AuthFixture.NewEmail();
        var (registered, user) = await SendAsync("POST", "/api/auth/register", $$"""{"email":"{{email}}","password":"{{AuthFixture.Password}}","displayName":"Anna"}""");
        Assert.Equal(HttpStatusCode.OK, registered);
        Assert.Equal("Anna", user.GetProperty("user").GetProperty("displayName").GetString());

        var (loggedIn, tokens) = await SendAsync("POST", "/api/auth/login", $$"""{"email":"{{email}}","password":"{{AuthFixture.Password}}"}""");
        Assert.Equal(HttpStatusCode.OK, loggedIn);
        Assert.Equal(600, tokens.GetProperty("expiresIn").GetInt32());

        var (refreshed, next) = await SendAsync("POST", "/api/auth/refresh", $$"""{"refreshToken":"{{tokens.GetProperty("refreshToken").GetString()}}"}""");
        Assert.Equal(HttpStatusCode.OK, refreshed);
        var accessToken = next.GetProperty("accessToken").GetString();

        var (verified, who) = await SendAsync("GET", "/api/auth/verify", null, accessToken);
        Assert.Equal(HttpStatusCode.OK, verified);
        Assert.Equal(email, who.GetProperty("email").GetString());
        Assert.Equal("admin", who.GetProperty("roles")[0].GetString());

        var (loggedOut, _) = await SendAsync("POST", "/api/auth/logout", "{}", accessToken);
        Assert.Equal(HttpStatusCode.OK, loggedOut);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "/api/auth/verify", null, accessToken)).Status);
    }

    [Fact]
    public async Task Users_AndRoles_WorkAsJson()
    {
        var administrator = await fixture.RegisterAsync();
        var token = administrator.Tokens.AccessToken;
        var email = AuthFixture.NewEmail();

        var (createdRole, _) = await SendAsync("POST", "/api/auth/roles", """{"name":"analyst","permissions":["data:read:*"]}""", token);
        var (createdUser, user) = await SendAsync("POST", "/api/auth/users", $$"""{"user":{"email":"{{email}}","roles":["analyst"]},"password":"{{AuthFixture.Password}}"}""", token);
        var id = user.GetProperty("id").GetString();
        var (patched, changed) = await SendAsync("PATCH", $"/api/auth/users/{id}?updateMask=displayName", """{"displayName":"Zoë","disabled":true}""", token);
        var (listed, list) = await SendAsync("GET", "/api/auth/users?pageSize=1", null, token);
        var (renamed, organisation) = await SendAsync("PATCH", "/api/auth/organisation", """{"displayName":"Novum"}""", token);

        Assert.All([createdRole, createdUser, patched, listed, renamed], static status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal("Zoë", changed.GetProperty("displayName").GetString());
        Assert.False(changed.GetProperty("disabled").GetBoolean());
        Assert.Equal(1, list.GetProperty("users").GetArrayLength());
        Assert.NotEqual("", list.GetProperty("nextPageToken").GetString());
        Assert.Equal("Novum", organisation.GetProperty("displayName").GetString());
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("PATCH", "/api/auth/roles/analyst", """{"description":"Reads."}""", token)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync("DELETE", "/api/auth/roles/analyst", null, token)).Status);
    }

    [Theory]
    [InlineData("POST", "/api/auth/login", """{"email":"nobody@example.com","password":"not the password"}""", HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS")]
    [InlineData("POST", "/api/auth/login", """{"email":"","password":"x"}""", HttpStatusCode.BadRequest, "email")]
    [InlineData("POST", "/api/auth/login", """{"email":17,"password":{}}""", HttpStatusCode.BadRequest, "")]
    [InlineData("POST", "/api/auth/login", """{"email":"a@b.c","secret":"x"}""", HttpStatusCode.BadRequest, "secret")]
    [InlineData("POST", "/api/auth/login", """{"email":""", HttpStatusCode.BadRequest, "")]
    [InlineData("POST", "/api/auth/register", """{"email":"x","password":"password123"}""", HttpStatusCode.BadRequest, "password")]
    [InlineData("POST", "/api/auth/refresh", """{"refreshToken":"x"}""", HttpStatusCode.Unauthorized, "REFRESH_TOKEN_INVALID")]
    [InlineData("GET", "/api/auth/verify", null, HttpStatusCode.Unauthorized, "CREDENTIAL_MISSING")]
    [InlineData("GET", "/api/auth/users", null, HttpStatusCode.Unauthorized, "CREDENTIAL_MISSING")]
    [InlineData("GET", "/api/auth/nothing", null, HttpStatusCode.NotFound, "NOT_FOUND")]
    public async Task Request_ThatIsBad_IsToldWhy(string method, string path, string? body, HttpStatusCode status, string detail)
    {
        var (answered, answer) = await SendAsync(method, path, body);
        Assert.Equal(status, answered);
        Assert.Contains(detail, answer.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer.GetRawText(), StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(string method, string path, string? body, string? accessToken = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (accessToken is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var response = await fixture.Service.Http.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return (response.StatusCode, document.RootElement.Clone());
    }
}
