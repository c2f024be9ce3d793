using AiMesh.Gateway.Limits;

namespace AiMesh.Gateway.Tests.Limits;

public sealed class LocalCountersTests
{
    private readonly Clock _clock = new();
    private readonly LimitPolicy _ten = Policy("ten", 10, 5);

    [Fact]
    public void Decide_TakesTheBurst_ThenTheRate()
    {
        var counters = new LocalCounters(_clock);
        Assert.Equal(5, CountAllowed(counters, 20, _ten));
        for (var second = 0; second < 10; second++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal(1, CountAllowed(counters, 3, _ten));
        }
    }

    [Fact]
    public void Decide_WhenRefused_SaysWhenTheNextOnePasses()
    {
        var counters = new LocalCounters(_clock);
        CountAllowed(counters, 5, _ten);
        var refused = counters.Decide([new("k", _ten)]);
        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.ResetMicroseconds, 99_999, 100_001);

        _clock.Advance(TimeSpan.FromMicroseconds(refused.ResetMicroseconds));
        Assert.True(counters.Decide([new("k", _ten)]).IsAllowed);
    }

    [Fact]
    public void Decide_RefusedByOneBucket_ChargesNone()
    {
        var counters = new LocalCounters(_clock);
        var one = Policy("one", 1, 1);
        Assert.True(counters.Decide([new("wide", _ten), new("narrow", one)]).IsAllowed);
        for (var i = 0; i < 100; i++)
            Assert.False(counters.Decide([new("wide", _ten), new("narrow", one)]).IsAllowed);
        Assert.Equal(3, counters.Decide([new("wide", _ten)]).Remaining); // 5, less the first request and this one.
    }

    [Fact]
    public async Task Decide_FromManyThreads_AllowsExactlyTheBurst()
    {
        var counters = new LocalCounters(_clock);
        var policy = Policy("wide", 1000, 10_000);
        var allowed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => CountAllowed(counters, 5000, policy))));
        Assert.Equal(10_000, allowed.Sum());
    }

    [Fact]
    public void ManyKeys_DoNotFillTheMemory()
    {
        var counters = new LocalCounters(_clock);
        for (var i = 0; i < 150_000; i++)
            counters.Decide([new($"key-{i}", _ten)]);
        Assert.InRange(counters.Count, 1, 100_001);

        _clock.Advance(TimeSpan.FromSeconds(1));
        counters.Decide([new("late", _ten)]);
        Assert.InRange(counters.Count, 1, 10); // All had filled up again.
    }

    private static int CountAllowed(LocalCounters counters, int requests, LimitPolicy policy) =>
        Enumerable.Range(0, requests).Count(_ => counters.Decide([new("k", policy)]).IsAllowed);

    private static LimitPolicy Policy(string name, int rate, int burst) => new(name, new LimitOptions { PermitsPerSecond = rate, Burst = burst });

    private sealed class Clock : TimeProvider
    {
        private long _now = 1_000_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _now += by.Ticks;

        public override long GetTimestamp() => _now;
    }
}
