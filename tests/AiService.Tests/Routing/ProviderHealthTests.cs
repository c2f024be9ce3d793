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
    public void Circuit_AfterFailuresInARow_OpensForThatProviderOnly()
    {
        Fail(2);
        _health.Succeeded(Enter());
        Fail(2);
        Assert.True(_health.IsHealthy("a"));

        Fail(1);

        Assert.False(_health.IsHealthy("a"));
        Assert.Null(_health.TryEnter("a"));
        Assert.Equal(TimeSpan.FromSeconds(15), _health.WaitOf("a"));
        Assert.NotNull(_health.TryEnter("b"));
    }

    [Fact]
    public void HalfOpen_LetsOneProbeThrough_AndClosesByItsSuccess()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));

        var probe = Enter();
        Assert.True(probe.IsProbe);
        Assert.Null(_health.TryEnter("a"));

        _health.Succeeded(probe);
        Assert.False(Enter().IsProbe);
        Assert.False(Enter().IsProbe);
    }

    [Fact]
    public void HalfOpen_WhenTheProbeFails_OpensAgainAtOnce()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));

        _health.Failed(Enter(), new ProviderException(ProviderFailure.Timeout));

        Assert.Null(_health.TryEnter("a"));
        Assert.Equal(TimeSpan.FromSeconds(15), _health.WaitOf("a"));
    }

    [Fact]
    public void HalfOpen_WhenTheProbeIsAbandoned_LetsTheNextOneThrough()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));

        _health.Abandoned(Enter());

        Assert.True(Enter().IsProbe);
    }

    [Fact]
    public void HalfOpen_WhenTheProbeIsRefusedAsARequest_Closes()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));

        _health.Failed(Enter(), new ProviderException(ProviderFailure.Refused, 400));

        Assert.False(Enter().IsProbe);
    }

    [Fact]
    public void RetryAfter_IsHonouredFromTheFirstFailureOn()
    {
        _health.Failed(Enter(), new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(40)));

        Assert.Null(_health.TryEnter("a"));
        Assert.Equal(TimeSpan.FromSeconds(40), _health.WaitOf("a"));
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.Null(_health.TryEnter("a"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(_health.TryEnter("a"));
    }

    [Fact]
    public void RetryAfter_IsNotShortenedByALaterShorterOne()
    {
        var (first, second) = (Enter(), Enter());
        _health.Failed(first, new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(40)));
        _health.Failed(second, new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(1)));

        Assert.Equal(TimeSpan.FromSeconds(40), _health.WaitOf("a"));
    }

    [Fact]
    public void RefusedRequests_SayNothingAboutTheProvider()
    {
        for (var i = 0; i < 10; i++)
            _health.Failed(Enter(), new ProviderException(ProviderFailure.Refused, 400));

        Assert.NotNull(_health.TryEnter("a"));
    }

    [Fact]
    public void RefusedKey_TakesTheProviderOutAtOnce()
    {
        _health.Failed(Enter(), new ProviderException(ProviderFailure.Unauthorised, 401));

        Assert.False(_health.IsHealthy("a"));
    }

    private Admission Enter() => Assert.NotNull(_health.TryEnter("a"));

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            _health.Failed(Enter(), new ProviderException(ProviderFailure.Server, 500));
    }

    private void Open() => Fail(3);
}
