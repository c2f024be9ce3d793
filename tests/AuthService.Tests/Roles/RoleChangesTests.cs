using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using AiMesh.Auth.V1;

namespace AiMesh.AuthService.Tests.Roles;

/// <summary>How soon a change of roles, a revoked key and a revoked client reach another replica and another service, without Redis.</summary>
[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class RoleChangesTests(AuthFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    private AuthServiceHost _replica = null!;
    private FollowingService _service = null!;

    public async Task InitializeAsync()
    {
        _replica = await AuthServiceHost.StartAsync(fixture.Database.ConnectionString);
        _service = await FollowingService.StartAsync(fixture.Service.HttpAddress, "data:read:surveys");
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task UpdateRole_ReachesReplicasAndServicesWithinTwoSeconds()
    {
        var administrator = await fixture.RegisterAsync();
        var person = await fixture.AddAsync(administrator, "viewer");
        Assert.Equal(HttpStatusCode.OK, await GetAsync(person.Tokens.AccessToken));

        await _replica.Roles.UpdateRoleAsync(new UpdateRoleRequest { Role = new Role { Name = "viewer", Permissions = { "data:list" } } }, administrator.Headers);
        await RefusedWithinTwoSecondsAsync(person.Tokens.AccessToken);

        var refreshed = await fixture.Service.Sessions.RefreshAsync(new RefreshRequest { RefreshToken = person.Tokens.RefreshToken });
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(refreshed.AccessToken));
        await _replica.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(refreshed.AccessToken));
    }

    [Fact]
    public async Task RevokeApiKey_ReachesReplicasAndServicesWithinTwoSeconds()
    {
        var administrator = await fixture.RegisterAsync();
        var key = await fixture.Service.ApiKeys.CreateApiKeyAsync(
            new CreateApiKeyRequest { ApiKey = new ApiKey { DisplayName = "x", Scopes = { "data:read:*" } } }, administrator.Headers);
        var token = (await fixture.Service.ApiKeys.ExchangeApiKeyAsync(new ExchangeApiKeyRequest { Key = key.Secret })).AccessToken;
        Assert.Equal(HttpStatusCode.OK, await GetAsync(token));

        await _replica.ApiKeys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = key.ApiKey.Id }, administrator.Headers);

        await RefusedWithinTwoSecondsAsync(token);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(administrator.Tokens.AccessToken));
    }

    private async Task RefusedWithinTwoSecondsAsync(string token)
    {
        var changed = Stopwatch.GetTimestamp();
        while (await GetAsync(token) != HttpStatusCode.Unauthorized || await IsTakenByAsync(fixture.Service, token) || await IsTakenByAsync(_replica, token))
        {
            Assert.True(Stopwatch.GetElapsedTime(changed) < Promise, "taken for more than two seconds");
            await Task.Delay(20);
        }
    }

    private async Task<HttpStatusCode> GetAsync(string token)
    {
        using var response = await _service.GetAsync(token);
        return response.StatusCode;
    }

    private static async Task<bool> IsTakenByAsync(AuthServiceHost replica, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/auth/verify") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        using var response = await replica.Http.SendAsync(request);
        return response.IsSuccessStatusCode;
    }
}
