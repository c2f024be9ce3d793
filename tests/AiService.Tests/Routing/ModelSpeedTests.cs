using AiMesh.AiService.Routing;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Tests.Routing;

public sealed class ModelSpeedTests
{
    private readonly ManualTime _time = new();
    private readonly ModelSpeed _speed;

    public ModelSpeedTests() => _speed = new ModelSpeed(_time, Options.Create(new RoutingOptions { RemeasureAfter = TimeSpan.FromMinutes(5) }));

    [Fact]
    public void Mean_FollowsWhatIsMeasured_WithoutJumping()
    {
        Assert.Null(_speed.Of("a/m"));
        Measure(1);
        Assert.Equal(1, _speed.Of("a/m")!.Value.TotalSeconds, 6);
        Measure(2);
        Assert.Equal(1.2, _speed.Of("a/m")!.Value.TotalSeconds, 6);
        for (var i = 0; i < 20; i++)
            Measure(2);

        Assert.InRange(_speed.Of("a/m")!.Value.TotalSeconds, 1.98, 2);
    }

    [Fact]
    public void Model_ThatIsCold_WantsOneCallAtATime()
    {
        Assert.True(_speed.WantsMeasuring("a/m"));

        _speed.Began("a/m");
        Assert.False(_speed.WantsMeasuring("a/m"));

        // It was cancelled before it had shown anything.
        _speed.Ended("a/m", null);
        Assert.True(_speed.WantsMeasuring("a/m"));

        Measure(1);
        Assert.False(_speed.WantsMeasuring("a/m"));
    }

    [Fact]
    public void Model_ThatWasNotMeasuredForLong_IsColdAgainAndForgetsItsOldMean()
    {
        Measure(10);
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.Null(_speed.Of("a/m"));
        Assert.True(_speed.WantsMeasuring("a/m"));
        Measure(1);
        Assert.Equal(1, _speed.Of("a/m")!.Value.TotalSeconds, 6);
    }

    private void Measure(double seconds)
    {
        _speed.Began("a/m");
        _speed.Ended("a/m", TimeSpan.FromSeconds(seconds));
    }
}
