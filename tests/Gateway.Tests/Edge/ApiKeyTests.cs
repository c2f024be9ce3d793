using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;

namespace AiMesh.Gateway.Tests.Edge;

[Trait("Level", "Server")]
public sealed class ApiKeyTests : IAsyncLifetime, IAsyncDisposable
{
    private static int _keys;

    private KeyExchange _exchange = null!;
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _exchange = await KeyExchange.StartAsync();
        _gateway = new GatewayFixture { Settings = [$"services:auth:grpc:0={_exchange.Address}"] };
        await _gateway.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _exchange.DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    [Theory]
    [InlineData("x-api-key", "")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("authorization", "bearer ")]
    public async Task ApiKey_ReachesTheServiceAsAnAccessToken(string header, string prefix)
    {
        var token = _gateway.Authority.Token("alice");
        var key = NewKey(() => token);

        var (status, seen) = await GetAsync((header, prefix + key));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"Bearer {token}", seen["Authorization"]!.GetValue<string>());
        Assert.DoesNotContain(key, seen.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(_exchange.Headers);
    }

    [Fact]
    public async Task ApiKey_UsedManyTimesAtOnce_IsExchangedOnce()
    {
        var key = NewKey(() => _gateway.Authority.Token("alice"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => GetAsync(("x-api-key", key))));
        await GetAsync(("x-api-key", key));

        Assert.All(answers, static answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(_exchange.Brought);
    }

    [Fact]
    public async Task ApiKey_ThatIsRefused_IsToldWhyAndAskedForOnceInAWhile()
    {
        var key = NewKey();

        for (var i = 0; i < 5; i++)
        {
            var (status, problem) = await GetAsync(("x-api-key", key));
            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Equal("API_KEY_REVOKED", problem["reason"]!.GetValue<string>());
        }

        Assert.Single(_exchange.Brought);
    }

    [Theory]
    [InlineData("x-api-key", "nonsense")]
    [InlineData("x-api-key", "")]
    [InlineData("x-api-key", "aim_AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Authorization", "Bearer aim_x")]
    public async Task ApiKey_ThatIsNone_IsRefusedWithoutAskingAnybody(string header, string value)
    {
        var (status, problem) = await GetAsync((header, value));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("API_KEY_INVALID", problem["reason"]!.GetValue<string>());
        Assert.Empty(_exchange.Brought);
    }

    [Fact]
    public async Task ApiKey_BesideAnotherCredential_IsRefused()
    {
        var key = NewKey(() => _gateway.Authority.Token("alice"));

        var (status, problem) = await GetAsync(("x-api-key", key), ("Authorization", $"Bearer {_gateway.Authority.Token("bob")}"));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("CREDENTIALS_AMBIGUOUS", problem["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task ApiKey_WhoseTokenWasRevoked_IsExchangedAnew()
    {
        var first = TestAuthority.Claims("alice", sessionId: "key-1");
        var key = NewKey(() => _gateway.Authority.Writer.Write(first));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", key))).Status);

        // The owner's roles changed: the token is revoked, the key still good.
        var second = _gateway.Authority.Token("alice");
        _exchange.Keys[key] = () => second;
        _gateway.Authority.RevokeToken(first.TokenId);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (status, seen) = await GetAsync(("x-api-key", key));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"Bearer {second}", seen["Authorization"]!.GetValue<string>());
    }

    [Fact]
    public async Task ApiKey_ThatWasRevoked_IsRefusedWithinTwoSeconds()
    {
        var claims = TestAuthority.Claims("alice", sessionId: "key-2");
        var key = NewKey(() => _gateway.Authority.Writer.Write(claims));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", key))).Status);

        _exchange.Keys.Clear();
        _gateway.Authority.RevokeSession("key-2");
        await Task.Delay(TimeSpan.FromSeconds(2));

        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(("x-api-key", key))).Status);
    }

    [Fact]
    public async Task ApiKey_WhileNobodyExchanges_WorksOnlyWhileItsTokenDoes()
    {
        var known = NewKey(() => _gateway.Authority.Token("alice"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", known))).Status);
        _exchange.IsAway = true;

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", known))).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(("x-api-key", NewKey()))).Status);
    }

    [Fact]
    public async Task ApiKey_WithALimitOfItsOwn_IsHeldToIt()
    {
        var limited = NewKey(() => _gateway.Authority.Writer.Write(TestAuthority.Claims("alice", kind: PrincipalKind.ApiKey) with { RequestsPerMinute = 20 }));
        var other = NewKey(() => _gateway.Authority.Token("alice", kind: PrincipalKind.ApiKey));

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", limited))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", limited))).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync(("x-api-key", limited))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(("x-api-key", other))).Status);
    }

    [Fact]
    public async Task ApiKey_OnAnAnonymousRoute_NeverReachesTheService()
    {
        var key = NewKey();
        using var client = _gateway.Client();
        client.DefaultRequestHeaders.Add("x-api-key", key);
        using var content = JsonContent.Create(new { });
        using var response = await client.PostAsync("/api/auth/login", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain(key, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private string NewKey(Func<string>? token = null)
    {
        var key = $"aim_{Interlocked.Increment(ref _keys):000000000000}_{new string('A', 43)}";
        if (token is not null) _exchange.Keys[key] = token;
        return key;
    }

    private async Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(params (string Name, string Value)[] headers)
    {
        using var client = _gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/data/datasets");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>())!);
    }
}
