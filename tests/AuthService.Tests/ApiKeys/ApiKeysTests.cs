using System.Security.Cryptography;
using System.Text;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.AuthService.Tests.ApiKeys;

[Trait("Level", "Server")]
[Collection(AuthTests.Name)]
public sealed class ApiKeysTests(AuthFixture fixture)
{
    private Auth.V1.ApiKeys.ApiKeysClient Keys => fixture.Service.ApiKeys;

    [Fact]
    public async Task CreateApiKey_ByAMember_ShowsTheKeyOnceAndKeepsItsHash()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        var expiry = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30));
        expiry.Nanos = 0;

        var created = await CreateAsync(member, new ApiKey { DisplayName = " CI ", Scopes = { "data:read:*", "ai:ask", "ai:ask" }, ExpireTime = expiry, RequestsPerMinute = 60 });

        Assert.Matches("^aim_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$", created.Secret);
        Assert.Equal(created.Secret[..16], created.ApiKey.Prefix);
        Assert.Equal("CI", created.ApiKey.DisplayName);
        Assert.Equal(["ai:ask", "data:read:*"], created.ApiKey.Scopes);
        Assert.Equal(expiry, created.ApiKey.ExpireTime);
        Assert.Equal(60, created.ApiKey.RequestsPerMinute);
        Assert.Equal(member.Id, created.ApiKey.User);
        Assert.Null(created.ApiKey.LastUsedTime);
        Assert.Equal(created.ApiKey, Assert.Single((await Keys.ListApiKeysAsync(new ListApiKeysRequest(), member.Headers)).ApiKeys));

        var row = await fixture.AskAsync<string>("select to_jsonb(k)::text from api_keys k where id = @Id", new { created.ApiKey.Id });
        Assert.DoesNotContain(created.Secret[17..], row, StringComparison.Ordinal);
        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(created.Secret[17..])), await fixture.AskAsync<byte[]>("select secret_hash from api_keys where id = @Id", new { created.ApiKey.Id }));
        Assert.Equal(1, await CountAsync("api_key.create", created.ApiKey.Id));
    }

    [Fact]
    public async Task ExchangeApiKey_OfAGoodKey_GivesATokenThatActsForItsOwnerWithinTheScopes()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        var created = await CreateAsync(member, new ApiKey { DisplayName = "CI", Scopes = { "data:read:*" }, RequestsPerMinute = 60 });

        var claims = await ClaimsAsync(created.Secret);

        Assert.Equal(PrincipalKind.ApiKey, claims.Kind);
        Assert.Equal(member.Id, claims.Subject);
        Assert.Equal(created.ApiKey.Id, claims.SessionId);
        Assert.Equal(["data:read:*"], claims.Permissions.Patterns.AsEnumerable());
        Assert.Equal(60, claims.RequestsPerMinute);
        Assert.Equal(["member"], claims.Roles.AsEnumerable());
    }

    [Fact]
    public async Task ExchangeApiKey_AfterItsOwnerLostAPermission_GrantsItNoMore()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var key = await CreateAsync(member, new ApiKey { DisplayName = "CI", Scopes = { "data:read:*", "data:write:surveys" } });
        var token = await TokenAsync(key.Secret);
        await VerifyAsync(token);

        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = member.Id, Roles = { "viewer" } } }, administrator.Headers);

        Assert.Equal("TOKEN_REVOKED", (await Refusal.OfAsync(Verify(token), StatusCode.Unauthenticated)).Reason);
        Assert.Equal(["data:read:*"], (await ClaimsAsync(key.Secret)).Permissions.Patterns.AsEnumerable());
    }

    [Fact]
    public async Task ExchangeApiKey_WithANarrowerRoleThanTheScope_GrantsTheNarrower()
    {
        var administrator = await fixture.RegisterAsync();
        var key = await CreateAsync(administrator, new ApiKey { DisplayName = "all", Scopes = { "data:*", "*:read:surveys" } });
        await fixture.AddAsync(administrator, "admin");
        await fixture.Service.Roles.CreateRoleAsync(new CreateRoleRequest { Role = new Role { Name = "reader", Permissions = { "data:read:*", "iot:*" } } }, administrator.Headers);
        var second = await fixture.SignInAsync(administrator.Id, administrator.Email);
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = administrator.Id, Roles = { "reader" } } }, second.Headers);

        Assert.Equal(["data:read:*", "iot:read:surveys"], (await ClaimsAsync(key.Secret)).Permissions.Patterns.AsEnumerable());
    }

    [Fact]
    public async Task RevokeApiKey_RefusesTheKeyAndItsTokensAtOnce()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        var key = await CreateAsync(member, Simple());
        var token = await TokenAsync(key.Secret);

        var revoked = await Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = key.ApiKey.Id }, member.Headers);
        var again = await Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = key.ApiKey.Id }, member.Headers);

        Assert.True(revoked.Revoked && again.Revoked);
        Assert.Equal("TOKEN_REVOKED", (await Refusal.OfAsync(Verify(token), StatusCode.Unauthenticated)).Reason);
        Assert.Equal("API_KEY_REVOKED", (await Refusal.OfAsync(Exchange(key.Secret), StatusCode.Unauthenticated)).Reason);
        await VerifyAsync(member.Tokens.AccessToken);
        Assert.Equal(1, await CountAsync("api_key.revoke", key.ApiKey.Id));
    }

    [Fact]
    public async Task RevokeApiKey_WhileItIsExchanged_LeavesNoGoodToken()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        for (var round = 0; round < 5; round++)
        {
            var key = await CreateAsync(member, Simple());
            var exchanges = Enumerable.Range(0, 10).Select(_ => TryTokenAsync(key.Secret)).ToArray();
            await Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = key.ApiKey.Id }, member.Headers);
            foreach (var token in (await Task.WhenAll(exchanges)).OfType<string>())
                await Refusal.OfAsync(Verify(token), StatusCode.Unauthenticated);
        }
    }

    [Fact]
    public async Task ExchangeApiKey_OutOfForce_SaysWhyToWhoHoldsTheKey()
    {
        var administrator = await fixture.RegisterAsync();
        var member = await fixture.AddAsync(administrator, "member");
        var expired = await CreateAsync(member, Simple());
        await ExecuteAsync("update api_keys set expires_at = now() where id = @Id", expired.ApiKey.Id);
        var orphaned = await CreateAsync(member, Simple());
        await fixture.Service.Users.UpdateUserAsync(new UpdateUserRequest { User = new User { Id = member.Id, Disabled = true } }, administrator.Headers);

        Assert.Equal("API_KEY_EXPIRED", (await Refusal.OfAsync(Exchange(expired.Secret), StatusCode.Unauthenticated)).Reason);
        Assert.Equal("API_KEY_OWNER_DISABLED", (await Refusal.OfAsync(Exchange(orphaned.Secret), StatusCode.Unauthenticated)).Reason);
        var wrong = expired.Secret[..^1] + (expired.Secret[^1] == 'A' ? 'E' : 'A');
        Assert.Equal("API_KEY_INVALID", (await Refusal.OfAsync(Exchange(wrong), StatusCode.Unauthenticated)).Reason);
    }

    [Fact]
    public async Task ExchangeApiKey_ShortlyBeforeItExpires_GivesATokenThatEndsWithIt()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        var expiry = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60);
        var key = await CreateAsync(member, new ApiKey { DisplayName = "soon", Scopes = { "ai:ask" }, ExpireTime = Timestamp.FromDateTimeOffset(expiry) });

        var answer = await Exchange(key.Secret);

        Assert.InRange(answer.ExpiresIn, 50, 60);
        Assert.Equal(expiry, (await ClaimsAsync(key.Secret)).Expires);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("aim_aaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("aim_AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("aim_aaaaaaaaaaaa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0")]
    public async Task ExchangeApiKey_ThatWasNeverGiven_IsUnauthenticated(string key) =>
        Assert.Equal("API_KEY_INVALID", (await Refusal.OfAsync(Exchange(key), StatusCode.Unauthenticated)).Reason);

    [Fact]
    public async Task ExchangeApiKey_ManyTimes_NotesTheMinuteOfUseAndWritesItOnce()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        var key = await CreateAsync(member, Simple());
        await TokenAsync(key.Secret);
        var version = await fixture.AskAsync<string>("select xmin::text from api_keys where id = @Id and last_used_at > now() - interval '2 minutes'", new { key.ApiKey.Id });

        // In the same minute unless it just ended; then one more write is right.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => TokenAsync(key.Secret)));

        var listed = Assert.Single((await Keys.ListApiKeysAsync(new ListApiKeysRequest(), member.Headers)).ApiKeys);
        Assert.Equal(0, listed.LastUsedTime.Seconds % 60);
        var writes = await fixture.AskAsync<int>("select count(*)::int from api_keys where id = @Id and xmin::text <> @version", new { key.ApiKey.Id, version });
        Assert.True(writes == 0 || DateTimeOffset.UtcNow.Second < 5, "written more than once a minute");
    }

    [Fact]
    public async Task CreateApiKey_WithMistakes_NamesAllFields()
    {
        var administrator = await fixture.RegisterAsync();
        var past = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(-1));
        var bad = new ApiKey { Scopes = { "ai:ask", "AI:ask", "ai::ask" }, ExpireTime = past, RequestsPerMinute = -1 };

        Assert.Equal(
            ["api_key.display_name", "api_key.scopes[1]", "api_key.scopes[2]", "api_key.requests_per_minute", "api_key.expire_time"],
            (await Refusal.OfAsync(Create(administrator, bad), StatusCode.InvalidArgument)).Fields);
        Assert.Equal(["api_key.scopes"], (await Refusal.OfAsync(Create(administrator, new ApiKey { DisplayName = "x" }), StatusCode.InvalidArgument)).Fields);
    }

    [Fact]
    public async Task CreateApiKey_WithAScopeBeyondTheCaller_IsDenied()
    {
        var member = await fixture.AddAsync(await fixture.RegisterAsync(), "member");
        foreach (var scope in (string[])["*", "auth:users:write", "data:*", "*:read:surveys"])
        {
            var refused = await Refusal.OfAsync(Create(member, new ApiKey { DisplayName = "x", Scopes = { "ai:ask", scope } }), StatusCode.PermissionDenied);
            Assert.Equal(scope, refused.Info!.Metadata["permission"]);
        }
    }

    [Fact]
    public async Task CreateApiKey_WithAnApiKey_IsRefused()
    {
        var administrator = await fixture.RegisterAsync();
        var key = await CreateAsync(administrator, new ApiKey { DisplayName = "all", Scopes = { "*" } });
        var refused = await Refusal.OfAsync(
            Keys.CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = Simple() }, AuthServiceHost.With(await TokenAsync(key.Secret))), StatusCode.FailedPrecondition);
        Assert.Equal("NOT_A_PERSON", refused.Reason);
    }

    [Fact]
    public async Task CreateApiKey_BeyondTheLimit_IsRefusedUntilOneIsRevoked()
    {
        var administrator = await fixture.RegisterAsync();
        var first = await CreateAsync(administrator, Simple());
        for (var i = 1; i < 100; i++) await CreateAsync(administrator, Simple());

        Assert.Equal("TOO_MANY_API_KEYS", (await Refusal.OfAsync(Create(administrator, Simple()), StatusCode.FailedPrecondition)).Reason);
        await Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = first.ApiKey.Id }, administrator.Headers);
        await CreateAsync(administrator, Simple());
    }

    [Fact]
    public async Task ApiKeys_OfOthers_AreForWhoAdministersPeople()
    {
        var administrator = await fixture.RegisterAsync();
        var (anna, ben) = (await fixture.AddAsync(administrator, "member"), await fixture.AddAsync(administrator, "member"));
        var stranger = await fixture.RegisterAsync();
        var annas = await CreateAsync(anna, Simple());
        var bens = await CreateAsync(ben, Simple());

        Assert.Equal([annas.ApiKey.Id], await ListAsync(anna));
        Assert.Equal([annas.ApiKey.Id, bens.ApiKey.Id], await ListAsync(administrator));
        Assert.Empty(await ListAsync(stranger));
        await Refusal.OfAsync(Revoke(annas, ben), StatusCode.NotFound);
        await Refusal.OfAsync(Revoke(annas, stranger), StatusCode.NotFound);
        Assert.True((await Revoke(annas, administrator)).Revoked);

        async Task<string[]> ListAsync(Person caller)
        {
            List<string> ids = [];
            var request = new ListApiKeysRequest { PageSize = 1 };
            do
            {
                var page = await Keys.ListApiKeysAsync(request, caller.Headers);
                ids.AddRange(page.ApiKeys.Select(static key => key.Id));
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);
            return [.. ids];
        }
    }

    [Fact]
    public async Task ApiKeys_ForWhoMayNot_AreDenied()
    {
        var viewer = await fixture.AddAsync(await fixture.RegisterAsync(), "viewer");
        await Refusal.OfAsync(Create(viewer, Simple()), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Keys.ListApiKeysAsync(new ListApiKeysRequest(), viewer.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = "x" }, viewer.Headers), StatusCode.PermissionDenied);
        await Refusal.OfAsync(Keys.ListApiKeysAsync(new ListApiKeysRequest()), StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task RevokeApiKey_ThatIsNone_SaysSo()
    {
        var administrator = await fixture.RegisterAsync();
        Assert.Equal(["api_key"], (await Refusal.OfAsync(RevokeId(""), StatusCode.InvalidArgument)).Fields);
        await Refusal.OfAsync(RevokeId("\0"), StatusCode.NotFound);
        await Refusal.OfAsync(RevokeId(new string('f', 32)), StatusCode.NotFound);

        AsyncUnaryCall<ApiKey> RevokeId(string id) => Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = id }, administrator.Headers);
    }

    private static ApiKey Simple() => new() { DisplayName = "CI", Scopes = { "ai:ask" } };

    private AsyncUnaryCall<CreateApiKeyResponse> Create(Person caller, ApiKey key) => Keys.CreateApiKeyAsync(new CreateApiKeyRequest { ApiKey = key }, caller.Headers);

    private async Task<CreateApiKeyResponse> CreateAsync(Person caller, ApiKey key) => await Create(caller, key);

    private AsyncUnaryCall<ApiKey> Revoke(CreateApiKeyResponse key, Person caller) =>
        Keys.RevokeApiKeyAsync(new RevokeApiKeyRequest { ApiKey = key.ApiKey.Id }, caller.Headers);

    private AsyncUnaryCall<ExchangeApiKeyResponse> Exchange(string key) => Keys.ExchangeApiKeyAsync(new ExchangeApiKeyRequest { Key = key });

    private async Task<string> TokenAsync(string key) => (await Exchange(key)).AccessToken;

    private async Task<string?> TryTokenAsync(string key)
    {
        try
        {
            return await TokenAsync(key);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return null;
        }
    }

    private AsyncUnaryCall<VerifyResponse> Verify(string token) => fixture.Service.Sessions.VerifyAsync(new VerifyRequest(), AuthServiceHost.With(token));

    private async Task VerifyAsync(string token) => await Verify(token);

    private async Task<AccessTokenClaims> ClaimsAsync(string key)
    {
        var verifier = fixture.Service.Services.GetRequiredService<AccessTokenVerifier>();
        return Assert.IsType<VerifiedToken>(await verifier.VerifyAsync(await TokenAsync(key), CancellationToken.None)).Claims;
    }

    private Task<int> CountAsync(string action, string target) =>
        fixture.AskAsync<int>("select count(*)::int from audit_events where action = @action and target = @target", new { action, target });

    private async Task ExecuteAsync(string sql, string id)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.ConnectionString);
        Assert.Equal(1, await connection.ExecuteAsync(sql, new { Id = id }));
    }
}
