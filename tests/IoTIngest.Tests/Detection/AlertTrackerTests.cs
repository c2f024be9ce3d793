using AiMesh.IoTIngest.Detection;

namespace AiMesh.IoTIngest.Tests.Detection;

public sealed class AlertTrackerTests
{
    [Fact]
    public void Observe_AnomaliesWithGaps_AreOneAlert()
    {
        var tracker = new AlertTracker();
        Assert.Equal(AlertStep.None, tracker.Observe(anomalous: false));
        Assert.Equal(AlertStep.Raise, tracker.Observe(anomalous: true));
        Assert.Equal(AlertStep.Join, tracker.Observe(anomalous: true));
        Normal(ref tracker, AlertTracker.CloseAfter - 1);
        Assert.Equal(AlertStep.Join, tracker.Observe(anomalous: true));
    }

    [Fact]
    public void Observe_NormalForLongEnough_ClosesOnceAndRaisesAnew()
    {
        var tracker = new AlertTracker();
        tracker.Observe(anomalous: true);
        Normal(ref tracker, AlertTracker.CloseAfter - 1);
        Assert.Equal(AlertStep.Close, tracker.Observe(anomalous: false));
        Assert.Equal(AlertStep.None, tracker.Observe(anomalous: false));
        Assert.Equal(AlertStep.Raise, tracker.Observe(anomalous: true));
    }

    private static void Normal(ref AlertTracker tracker, int times)
    {
        for (var time = 0; time < times; time++)
            Assert.Equal(AlertStep.None, tracker.Observe(anomalous: false));
    }
}
