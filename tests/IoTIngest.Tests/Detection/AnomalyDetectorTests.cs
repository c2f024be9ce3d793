using AiMesh.IoTIngest.Detection;

namespace AiMesh.IoTIngest.Tests.Detection;

public sealed class AnomalyDetectorTests
{
    [Theory]
    [InlineData("noise")]
    [InlineData("daily")]
    [InlineData("walk")]
    public void Observe_OrdinarySeries_FlagsHardlyAnything(string kind)
    {
        const int Count = 50_000;
        var series = new Series(7);
        var values = kind switch
        {
            "noise" => series.Noise(Count),
            "daily" => series.Daily(Count),
            _ => series.Walk(Count),
        };

        var flagged = Run(values).Count(verdict => verdict.IsAnomalous);
        Assert.True(flagged <= Count / 4_000, $"{flagged} of {Count} flagged");
    }

    [Theory]
    [InlineData(6, 0.85)]
    [InlineData(8, 0.99)]
    [InlineData(-8, 0.99)]
    public void Observe_Spike_IsFound(double deviations, double share)
    {
        const int Times = 100;
        var found = Enumerable.Range(0, Times).Count(seed =>
        {
            var values = new Series(seed).Noise(1_000);
            values[^1] = 20 + deviations;
            return Run(values)[^1].IsAnomalous;
        });
        Assert.True(found >= share * Times, $"{found} of {Times} found");
    }

    [Fact]
    public void Observe_ShiftOfLevel_IsFoundWithinAFewReadings()
    {
        var delays = Enumerable.Range(0, 50).Select(seed =>
        {
            var series = new Series(seed);
            double[] values = [.. series.Noise(1_000), .. series.Noise(100, mean: 23.5)];
            return Array.FindIndex(Run(values)[1_000..], verdict => verdict.IsAnomalous);
        }).ToArray();
        Assert.DoesNotContain(-1, delays);
        Assert.InRange(delays.Average(), 0, 6);
    }

    [Fact]
    public void Observe_ConstantSeriesThatMoves_IsFoundAtOnce()
    {
        double[] values = [.. Enumerable.Repeat(20.0, 500), 20.5];
        Assert.True(Run(values)[^1].IsCritical);
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(-999)]
    [InlineData(1e300)]
    [InlineData(-1.7e308)]
    public void Observe_AbsurdReading_DoesNotBlindTheDetector(double absurd)
    {
        var values = new Series(3).Noise(3_000);
        values[1_500] = absurd;
        values[2_000] = 32;
        var verdicts = Run(values);

        Assert.True(verdicts[1_500].IsAnomalous);
        Assert.DoesNotContain(verdicts[1_501..2_000], verdict => verdict.IsAnomalous);
        Assert.True(verdicts[2_000].IsAnomalous);
        Assert.All(verdicts, verdict => Assert.True(double.IsFinite(verdict.Score) && double.IsFinite(verdict.ExpectedLow) && double.IsFinite(verdict.ExpectedHigh)));
    }

    [Fact]
    public void Observe_LevelThatStaysElsewhere_BecomesNormal()
    {
        var series = new Series(5);
        double[] values = [.. series.Noise(1_500), .. series.Noise(1_500, mean: 60)];
        var verdicts = Run(values);
        Assert.True(verdicts[1_500].IsAnomalous);
        Assert.DoesNotContain(verdicts[1_800..], verdict => verdict.IsAnomalous);
    }

    [Fact]
    public void Observe_YoungSeries_IsNotJudged()
    {
        var values = new Series(11).Noise(2 * AnomalyDetector.WarmUp);
        values[^1] = 1_000;
        Assert.DoesNotContain(Run(values), verdict => verdict.IsAnomalous);
    }

    [Fact]
    public void Observe_Anomaly_LiesOutsideTheExpectedRange()
    {
        var values = new Series(9).Noise(1_000);
        values[^1] = 30;
        var verdict = Run(values)[^1];
        Assert.InRange(verdict.ExpectedLow, 15, 19);
        Assert.InRange(verdict.ExpectedHigh, 21, 25);
    }

    private static Verdict[] Run(double[] values)
    {
        var state = new DetectorState();
        return [.. values.Select(value => AnomalyDetector.Observe(ref state, value))];
    }
}
