using AiMesh.AiService.Providers;
using AiMesh.AiService.Routing;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Routing;

/// <summary>Calls overlap: what one learns arrives while others are on their way.</summary>
public sealed class ConcurrentProviderHealthTests
{
    private static readonly ProviderException Down = new(ProviderFailure.Server, 500);
    private readonly ManualTime _time = new();
    private readonly ProviderHealth _health;

    public ConcurrentProviderHealthTests() => _health = new ProviderHealth(_time, Options.Create(new RoutingOptions { BreakAfter = 3, BreakFor = TimeSpan.FromSeconds(15) }));

    [Fact]
    public async Task HalfOpen_WithManyCallersAtOnce_AdmitsExactlyOne()
    {
        for (var round = 0; round < 50; round++)
        {
            Open();
            _time.Advance(TimeSpan.FromSeconds(16));

            using var start = new Barrier(8);
            var admissions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Enumerable.Range(0, 100).Select(_ => _health.TryEnter("a")).Where(a => a is not null).Select(a => a!.Value).ToList();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            var probe = Assert.Single(admissions.SelectMany(a => a));
            Assert.True(probe.IsProbe);
            _health.Succeeded(probe);
        }
    }

    [Fact]
    public void HalfOpen_WhenAnOlderCallFails_StillHasOneProbe()
    {
        var older = Enter();
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));
        var probe = Enter();

        _health.Failed(older, Down);

        Assert.Null(_health.TryEnter("a"));
        _health.Succeeded(probe);
        Assert.False(Enter().IsProbe);
    }

    [Fact]
    public void HalfOpen_WhenAnOlderCallIsAbandoned_StillHasOneProbe()
    {
        var older = Enter();
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));
        Enter();

        _health.Abandoned(older);

        Assert.Null(_health.TryEnter("a"));
    }

    [Fact]
    public void Open_WhenAnOlderCallSucceeds_StaysOpen()
    {
        var older = Enter();
        _health.Failed(Enter(), new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(40)));

        _health.Succeeded(older);

        Assert.Equal(TimeSpan.FromSeconds(40), _health.WaitOf("a"));
    }

    [Fact]
    public void Open_WhenOlderCallsFailToo_IsNotProlonged()
    {
        var older = Enumerable.Range(0, 10).Select(_ => Enter()).ToList();
        Open();
        _time.Advance(TimeSpan.FromSeconds(10));

        older.ForEach(a => _health.Failed(a, Down));

        Assert.Equal(TimeSpan.FromSeconds(5), _health.WaitOf("a"));
    }

    [Fact]
    public void Probe_WhenTheProviderAsksForABreakMeanwhile_DoesNotCloseByItsSuccess()
    {
        var older = Enter();
        Open();
        _time.Advance(TimeSpan.FromSeconds(16));
        var probe = Enter();
        _health.Failed(older, new ProviderException(ProviderFailure.RateLimited, 429, TimeSpan.FromSeconds(40)));

        _health.Succeeded(probe);

        Assert.False(_health.IsHealthy("a"));
    }

    private Admission Enter() => Assert.NotNull(_health.TryEnter("a"));

    private void Open()
    {
        for (var i = 0; i < 3; i++)
            _health.Failed(Enter(), Down);
    }
}
