using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.AuthService.Tests.Clients;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class TokenEndpointTests(AuthFixture fixture)
{
    private const string Grant = "grant_type=client_credentials";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Token_ForGoodCredentials_ActsForTheClient(bool basic)
    {
        var (_, client) = await NewClientAsync(new Client { DisplayName = "Importer", Roles = { "viewer" } });

        var (status, answer, headers) = basic
            ? await PostAsync(Grant, Basic(client.Client.Id, client.Secret))
            : await PostAsync($"{Grant}&client_id={client.Client.Id}&client_secret={client.Secret}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("no-store", headers.CacheControl!.ToString());
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.Equal(600, answer.GetProperty("expires_in").GetInt32());
        Assert.Contains("data:read:*", answer.GetProperty("scope").GetString(), StringComparison.Ordinal);
        var claims = await ClaimsAsync(answer);
        Assert.Equal(PrincipalKind.Client, claims.Kind);
        Assert.Equal(client.Client.Id, claims.Subject);
        Assert.Equal(["viewer"], claims.Roles.AsEnumerable());
        Assert.Null(claims.Email);
        Assert.Equal(1, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'client.token' and actor = @Id", new { client.Client.Id }));
    }

    [Fact]
    public async Task Token_WithAScope_GrantsNoMoreThanThat()
    {
        var (_, client) = await NewClientAsync(new Client { DisplayName = "Importer", Roles = { "member" }, Scopes = { "data:*" } });

        var all = await TokenAsync(client);
        var narrow = await TokenAsync(client, "&scope=data%3Aread%3Asurveys+data%3Alist");

        Assert.Equal(["data:export:*", "data:import:*", "data:list", "data:read:*", "data:write:*"], (await ClaimsAsync(all)).Permissions.Patterns.AsEnumerable());
        Assert.Equal("data:list data:read:surveys", narrow.GetProperty("scope").GetString());
        Assert.Equal(["data:list", "data:read:surveys"], (await ClaimsAsync(narrow)).Permissions.Patterns.AsEnumerable());
    }

    [Theory]
    [InlineData("ai:ask")]
    [InlineData("*")]
    [InlineData("data::read")]
    [InlineData("+")]
    public async Task Token_WithAScopeBeyondTheClient_IsRefused(string scope)
    {
        var (_, client) = await NewClientAsync(new Client { DisplayName = "Importer", Roles = { "member" }, Scopes = { "data:*" } });
        var (status, answer, _) = await PostAsync($"{Grant}&scope={scope}", Basic(client.Client.Id, client.Secret));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_scope"), (status, answer.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task Token_WithWrongCredentials_IsInvalidClientWhateverIsWrong()
    {
        var (administrator, client) = await NewClientAsync(new Client { DisplayName = "Importer", Roles = { "viewer" } });
        var revoked = await fixture.Service.Clients.CreateClientAsync(new CreateClientRequest { Client = new Client { DisplayName = "x", Roles = { "viewer" } } }, administrator.Headers);
        await fixture.Service.Clients.RevokeClientAsync(new RevokeClientRequest { Client = revoked.Client.Id }, administrator.Headers);
        var answers = new List<string>();
        foreach (var credentials in (AuthenticationHeaderValue?[])
        [
            Basic(client.Client.Id, client.Secret + "x"), Basic(client.Client.Id, ""), Basic($"amc_{new string('0', 32)}", client.Secret), Basic("nobody", "x"),
            Basic(revoked.Client.Id, revoked.Secret), new AuthenticationHeaderValue("Basic", "!"), new AuthenticationHeaderValue("Basic", "bm9jb2xvbg=="), null,
        ])
        {
            var (status, answer, headers) = await PostAsync(Grant, credentials);
            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Equal("Basic", headers.WwwAuthenticate.First().Scheme);
            answers.Add(answer.GetRawText());
        }

        Assert.Contains("invalid_client", Assert.Single(answers.Distinct()), StringComparison.Ordinal);
        Assert.Equal(2, await fixture.AskAsync<int>("select count(*)::int from audit_events where action = 'client.token_refused' and target = @Id", new { client.Client.Id }));
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("grant_type=", "invalid_request")]
    [InlineData("grant_type=password&username=a&password=b", "unsupported_grant_type")]
    [InlineData("grant_type=authorization_code", "unsupported_grant_type")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", "invalid_request")]
    [InlineData("grant_type=client_credentials&scope=a&scope=b", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_secret=x", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_id=other", "invalid_request")]
    [InlineData("grant_type=client_credentials&a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&o=1&p=1&q=1", "invalid_request")]
    public async Task Token_ForABadRequest_SaysWhichRuleItBreaks(string form, string error)
    {
        var (_, client) = await NewClientAsync(new Client { DisplayName = "x", Roles = { "viewer" } });
        var (status, answer, headers) = await PostAsync(form, Basic(client.Client.Id, client.Secret));
        Assert.Equal((HttpStatusCode.BadRequest, error), (status, answer.GetProperty("error").GetString()));
        Assert.Equal("no-store", headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task Token_ForAnotherMediaTypeOrAHugeForm_IsRefused()
    {
        var (_, client) = await NewClientAsync(new Client { DisplayName = "x", Roles = { "viewer" } });
        var credentials = Basic(client.Client.Id, client.Secret);
        Assert.Equal("invalid_request", (await PostAsync("""{"grant_type":"client_credentials"}""", credentials, "application/json")).Answer.GetProperty("error").GetString());
        Assert.Equal("invalid_request", (await PostAsync($"{Grant}&scope={new string('x', 20_000)}", credentials)).Answer.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Token_OfAClientThatIsRevokedOrWhoseRoleChanges_IsRevoked()
    {
        var (administrator, client) = await NewClientAsync(new Client { DisplayName = "x", Roles = { "viewer" } });
        var first = (await TokenAsync(client)).GetProperty("access_token").GetString()!;

        await fixture.Service.Roles.UpdateRoleAsync(new UpdateRoleRequest { Role = new Role { Name = "viewer", Permissions = { "data:list" } } }, administrator.Headers);
        Assert.Equal("TOKEN_REVOKED", (await Refusal.OfAsync(Verify(first), StatusCode.Unauthenticated)).Reason);
        var second = (await TokenAsync(client)).GetProperty("access_token").GetString()!;
        Assert.Equal(["data:list"], (await Verify(second)).Permissions);

        await fixture.Service.Clients.RevokeClientAsync(new RevokeClientRequest { Client = client.Client.Id }, administrator.Headers);
        Assert.Equal("TOKEN_REVOKED", (await Refusal.OfAsync(Verify(second), StatusCode.Unauthenticated)).Reason);
    }

    [Fact]
    public async Task Discovery_BehindTheGateway_NamesThePublicAddress()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/oauth-authorization-server")
        {
            Headers = { { "X-Forwarded-Host", "mesh.example:8443" }, { "X-Forwarded-Proto", "https" } },
        };
        using var response = await fixture.Service.Http.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());

        Assert.Equal("https://mesh.example:8443/api/auth/token", document.RootElement.GetProperty("token_endpoint").GetString());
        Assert.Equal("https://mesh.example:8443/.well-known/jwks.json", document.RootElement.GetProperty("jwks_uri").GetString());
        Assert.Equal(TimeSpan.FromHours(1), response.Headers.CacheControl!.MaxAge);
    }

    private static AuthenticationHeaderValue Basic(string id, string secret) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));

    private async Task<(Person Administrator, CreateClientResponse Client)> NewClientAsync(Client client)
    {
        var administrator = await fixture.RegisterAsync();
        return (administrator, await fixture.Service.Clients.CreateClientAsync(new CreateClientRequest { Client = client }, administrator.Headers));
    }

    private async Task<JsonElement> TokenAsync(CreateClientResponse client, string more = "")
    {
        var (status, answer, _) = await PostAsync(Grant + more, Basic(client.Client.Id, client.Secret));
        Assert.True(status == HttpStatusCode.OK, answer.GetRawText());
        return answer;
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer, HttpResponseHeaders Headers)> PostAsync(
        string form, AuthenticationHeaderValue? credentials = null, string type = "application/x-www-form-urlencoded")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/token") { Content = new StringContent(form, Encoding.UTF8, type) };
        request.Headers.Authorization = credentials;
        using var response = await fixture.Service.Http.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return (response.StatusCode, document.RootElement.Clone(), response.Headers);
    }

    private AsyncUnaryCall<VerifyResponse> Verify(string token) => fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(token));

    private async Task<AccessTokenClaims> ClaimsAsync(JsonElement answer)
    {
        var verifier = fixture.Service.Services.GetRequiredService<AccessTokenVerifier>();
        return Assert.IsType<VerifiedToken>(await verifier.VerifyAsync(answer.GetProperty("access_token").GetString()!, CancellationToken.None)).Claims;
    }
}
