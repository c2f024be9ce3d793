using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Routing;

public sealed class ProviderHealthTests
{
    private readonly ManualTime _time = new();
    private readonly ProviderHealth _health;

    public ProviderHealthTests() => _health = new ProviderHealth(_time, Options.Create(new RoutingOptions { BreakAfter = 3, BreakFor = TimeSpan.FromSeconds(15) }));

    [Fact]
    public void Breaker_AfterFailuresInARow_OpensAndLetsOneProbeThrough()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_health.TryEnter("a"));
            _health.Failed("a", new ProviderException(ProviderFailure.Server, 500));
        }

        Assert.False(_health.IsHealthy("a"));
        Assert.False(_health.TryEnter("a"));
        Assert.True(_health.TryEnter("b"));

        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.True(_health.IsHealthy("a"));
        Assert.True(_health.TryEnter("a"));
        Assert.False(_health.TryEnter("a"));

        _health.Succeeded("a", TimeSpan.FromMilliseconds(100));
        Assert.True(_health.TryEnter("a"));
        Assert.True(_health.TryEnter("a"));
    }

    [Fact]
    public void Breaker_WhenTheProbeFails_OpensAgainAtOnce()
    {
        for (var i = 0; i < 3; i++)
            _health.Failed("a", new ProviderException(ProviderFailure.Server));
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.True(_health.TryEnter("a"));
        _health.Failed("a", new ProviderException(ProviderFailure.Timeout));

        Assert.False(_health.TryEnter("a"));
    }

    [Fact]
    public void Breaker_WhenTheProbeIsAbandoned_LetsTheNextOneThrough()
    {
        for (var i = 0; i < 3; i++)
            _health.Failed("a", new ProviderException(ProviderFailure.Server));
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.True(_health.TryEnter("a"));
        _health.Abandoned("a");

        Assert.True(_health.TryEnter("a"));
    }

    [Fact]
    public void RetryAfter_IsHonouredFromTheFirstFailureOn()
    {
        _health.Failed("a", new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(40)));

        Assert.False(_health.TryEnter("a"));
        Assert.Equal(TimeSpan.FromSeconds(40), _health.WaitOf("a"));
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.False(_health.TryEnter("a"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_health.TryEnter("a"));
    }

    [Fact]
    public void RefusedRequests_SayNothingAboutTheProvider()
    {
        for (var i = 0; i < 10; i++)
            _health.Failed("a", new ProviderException(ProviderFailure.Refused, 400));

        Assert.True(_health.TryEnter("a"));
    }

    [Fact]
    public void RefusedKey_TakesTheProviderOutAtOnce()
    {
        _health.Failed("a", new ProviderException(ProviderFailure.Unauthorised, 401));

        Assert.False(_health.IsHealthy("a"));
    }

    [Fact]
    public void FirstToken_IsARunningMean()
    {
        Assert.Null(_health.FirstTokenOf("a"));
        _health.Succeeded("a", TimeSpan.FromSeconds(1));
        _health.Succeeded("a", TimeSpan.FromSeconds(2));

        Assert.Equal(1.2, _health.FirstTokenOf("a")!.Value.TotalSeconds, 6);
    }
}
