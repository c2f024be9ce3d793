using Aspire.Hosting.Orchestration;

namespace AiMesh.StandIns.Tests.Aspire.Orchestration;

public sealed class RestartBackoffTests
{
    [Fact]
    public void Next_DeathAfterDeath_DoublesUpToThirtySeconds()
    {
        var backoff = new RestartBackoff();

        var delays = Enumerable.Range(0, 7).Select(_ => backoff.Next(TimeSpan.FromSeconds(5)).TotalSeconds);

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], delays);
    }

    [Fact]
    public void Next_AfterAMinuteOfHealth_StartsAnew()
    {
        var backoff = new RestartBackoff();
        backoff.Next(TimeSpan.Zero);
        backoff.Next(TimeSpan.Zero);

        Assert.Equal(1, backoff.Next(TimeSpan.FromMinutes(1)).TotalSeconds);
    }

    [Fact]
    public void StillbornInARow_CountsOnlyDeathsBeforeAnyHealth()
    {
        var backoff = new RestartBackoff();
        backoff.Next(TimeSpan.Zero);
        backoff.Next(TimeSpan.Zero);
        Assert.Equal(2, backoff.StillbornInARow);

        backoff.Next(TimeSpan.FromSeconds(1));

        Assert.Equal(0, backoff.StillbornInARow);
    }
}
