using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace AiMesh.ServiceDefaults.Tests.Identity;

/// <summary>A4: what is revoked is refused everywhere within two seconds, with Redis and without.</summary>
[Trait("Level", "Server")]
public sealed class RevocationTests : IAsyncLifetime
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(2);

    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Revoke_WithoutRedis_IsKnownWithinTwoSeconds()
    {
        await using var host = await MeshHost.StartAsync(_authority);
        foreach (var (token, revoke) in Revocations())
        {
            Assert.True(await IsServedAsync(host, token));
            revoke();
            await Eventually.HoldsAsync(async () => !await IsServedAsync(host, token), Promise);
        }

        Assert.True(await IsServedAsync(host, _authority.Token("bob")));
    }

    [Fact]
    public async Task Revoke_WithRedis_IsKnownLongBeforeTheNextPoll()
    {
        await using var redis = await RedisServer.StartNewAsync();
        await using var host = await MeshHost.StartAsync(
            _authority,
            static builder => builder.AddRedisClient("redis"),
            settings: new Dictionary<string, string?> { ["ConnectionStrings:redis"] = redis.ConnectionString, ["Mesh:Auth:RevocationPollInterval"] = "00:00:10" });
        using var publisher = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var token = _authority.Token(tokenId: "withdrawn");
        Assert.True(await IsServedAsync(host, token));

        _authority.RevokeToken("withdrawn");

        // Published until somebody listens: the subscription is made in the background of the start.
        await Eventually.HoldsAsync(async () => await publisher.GetSubscriber().PublishAsync(RevocationList.Channel, "") > 0, TimeSpan.FromSeconds(5));
        await Eventually.HoldsAsync(async () => !await IsServedAsync(host, token), Promise);
    }

    [Fact]
    public async Task Revoke_WhileRedisIsAway_IsKnownWithinTwoSeconds()
    {
        await using var host = await MeshHost.StartAsync(
            _authority,
            static builder => builder.AddRedisClient("redis"),
            settings: new Dictionary<string, string?> { ["ConnectionStrings:redis"] = $"127.0.0.1:{FreePort.Next()}" });
        var token = _authority.Token(sessionId: "ended");
        Assert.True(await IsServedAsync(host, token));

        _authority.RevokeSession("ended");

        await Eventually.HoldsAsync(async () => !await IsServedAsync(host, token), Promise);
    }

    [Fact]
    public async Task Revocations_WhileTheAuthorityIsAway_StayInForce()
    {
        await using var host = await MeshHost.StartAsync(_authority);
        var revoked = _authority.Token(tokenId: "withdrawn");
        var good = _authority.Token();
        _authority.RevokeToken("withdrawn");
        await Eventually.HoldsAsync(async () => !await IsServedAsync(host, revoked), Promise);

        await _authority.StopAsync();
        await Task.Delay(1500);
        Assert.False(await IsServedAsync(host, revoked));
        Assert.True(await IsServedAsync(host, good));

        await _authority.StartAgainAsync();
        var later = _authority.Token(tokenId: "later");
        _authority.RevokeToken("later");
        await Eventually.HoldsAsync(async () => !await IsServedAsync(host, later), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Revocations_ThatNobodyConfirms_CountForFiveMinutes_AndThenNobodyIsBelieved()
    {
        var time = new ManualTime(DateTimeOffset.UtcNow);
        await using var host = await MeshHost.StartAsync(_authority, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var token = _authority.Token();
        Assert.True(await IsServedAsync(host, token));

        await _authority.StopAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(HealthStatus.Degraded, (await HealthAsync(host)).Status);
        Assert.True(await IsServedAsync(host, token));

        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("Revocations are too old to believe a token.", (await HealthAsync(host)).Description);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await host.Probe.SignedInAsync(new ProbeRequest(), MeshHost.Bearer(token)));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        await _authority.StartAgainAsync();
        await Eventually.HoldsAsync(async () => (await HealthAsync(host)).Status == HealthStatus.Healthy);
        Assert.True(await IsServedAsync(host, token));
    }

    private static async Task<HealthReportEntry> HealthAsync(MeshHost host) =>
        (await host.App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "authority")).Entries["authority"];

    private IEnumerable<(string Token, Action Revoke)> Revocations()
    {
        yield return (_authority.Token(tokenId: "one"), () => _authority.RevokeToken("one"));
        yield return (_authority.Token(sessionId: "two"), () => _authority.RevokeSession("two"));
        yield return (_authority.Token("carol"), () => _authority.RevokeSubject("demo", "carol"));
    }

    private static async Task<bool> IsServedAsync(MeshHost host, string token)
    {
        try
        {
            await host.Probe.SignedInAsync(new ProbeRequest(), MeshHost.Bearer(token));
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unauthenticated)
        {
            return false;
        }
    }
}
