using AiMesh.Gateway.Limits;
using AiMesh.Gateway.Signatures;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.Gateway.Tests.Signatures;

public sealed class NonceStoreTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Nonce_IsRememberedAsLongAsItsSignatureCounts_AndForgottenAfterIt()
    {
        var time = new ManualTime(DateTimeOffset.UtcNow);
        var store = new NonceStore(time, gateway.Services.GetRequiredService<Limiter>());
        var remember = TimeSpan.FromMinutes(6);
        Assert.True(await store.TryUseAsync("k1", "nonce", remember));
        Assert.True(await store.TryUseAsync("k2", "nonce", remember));

        // Old ones are looked for every ten seconds.
        for (var passed = TimeSpan.Zero; passed < remember; passed += TimeSpan.FromSeconds(15))
        {
            Assert.False(await store.TryUseAsync("k1", "nonce", remember));
            time.Advance(TimeSpan.FromSeconds(15));
        }

        time.Advance(TimeSpan.FromSeconds(15));
        Assert.True(await store.TryUseAsync("k1", "nonce", remember));
    }

    private sealed class ManualTime(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
