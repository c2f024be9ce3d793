using System.Net;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Tests.Identity;

public sealed class JwksKeySourceTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Outage_AfterTheStart_DisturbsNobody()
    {
        await using var host = await MeshHost.StartAsync(_authority);
        await CallAsync(host, _authority.Token());

        await _authority.StopAsync();

        // Tokens that were never seen before, too: the keys are known.
        await CallAsync(host, _authority.Token("bob"));
    }

    [Fact]
    public async Task Outage_FromTheStart_IsTheMeshsFaultAndNotTheCallers()
    {
        await _authority.StopAsync();
        await using var host = await MeshHost.StartAsync(_authority);

        var exception = await Assert.ThrowsAsync<RpcException>(() => CallAsync(host, _authority.Token()));
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        using (var health = await host.Http.GetAsync(new Uri("/health", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using (var alive = await host.Http.GetAsync(new Uri("/alive", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);

        // And it heals by itself.
        await _authority.StartAgainAsync();
        await Eventually.HoldsAsync(async () => await IsServedAsync(host, _authority.Token()), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Rotation_CostsNotOneRequest()
    {
        await using var host = await MeshHost.StartAsync(_authority, settings: new Dictionary<string, string?> { ["Mesh:Auth:KeyMissInterval"] = "00:00:00" });
        var old = _authority.Token();
        await CallAsync(host, old);

        _authority.RotateKey();

        await CallAsync(host, _authority.Token("bob"));
        await CallAsync(host, old);
    }

    [Fact]
    public async Task Withdrawal_EndsTokensOfTheKey()
    {
        await using var host = await MeshHost.StartAsync(_authority, settings: new Dictionary<string, string?> { ["Mesh:Auth:JwksRefreshInterval"] = "00:00:01" });
        var old = _authority.Token();
        await CallAsync(host, old);
        _authority.RotateKey();

        _authority.WithdrawOldKeys();

        await Eventually.HoldsAsync(async () => !await IsServedAsync(host, old), TimeSpan.FromSeconds(4));
        await CallAsync(host, _authority.Token());
    }

    [Fact]
    public async Task UnknownKeys_ManyAtOnce_CauseOneFetch()
    {
        await using var stranger = await TestAuthority.StartAsync();
        for (var i = 0; i < 5; i++) stranger.RotateKey();
        await using var host = await MeshHost.StartAsync(_authority);
        await CallAsync(host, _authority.Token());
        var before = _authority.KeyFetches;

        var refused = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => IsServedAsync(host, stranger.Token())));

        Assert.DoesNotContain(true, refused);
        Assert.InRange(_authority.KeyFetches - before, 0, 2);
    }

    private static async Task CallAsync(MeshHost host, string token) => await host.Probe.SignedInAsync(new ProbeRequest(), MeshHost.Bearer(token));

    private static async Task<bool> IsServedAsync(MeshHost host, string token)
    {
        try
        {
            await CallAsync(host, token);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
