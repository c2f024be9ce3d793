namespace AiMesh.IoTIngest.Detection;

/// <summary>
/// Streaming detector in constant memory, without a notion of seasons. Three distances are followed: of the value from its long-term
/// level, of the value from its recent level (jump), and of the recent from the long-term level (shift). Each is compared with what is
/// usual for the series; the sum of the three surprises is the score.
/// </summary>
/// <remarks>
/// Tuned on the public half of the Numenta Anomaly Benchmark (35 files, 50 labelled windows), judged by the alerts it raises
/// (<see cref="AlertTracker"/>): 59.6 standard, 43.5 low-FP, 66.4 low-FN; neighbouring parameters give 55 to 60, so it sits on no peak.
/// Four of five windows are found; three of four alerts lie outside a labelled window, most of them on series that spike by
/// nature. Blind to a missing daily pattern (values that would be usual at another hour).
/// </remarks>
internal static class AnomalyDetector
{
    /// <summary>Score from which on a reading is anomalous. On Gaussian noise about one reading in 10,000 reaches it.</summary>
    public const double Threshold = 8.0;

    /// <summary>Readings of a series before the first is judged.</summary>
    public const int WarmUp = 100;

    private const double LevelRate = 0.001;
    private const double RecentRate = 0.1;

    // Of the expected range, in usual distances to either side: some 2.4 standard deviations of Gaussian noise. What lies within it is not
    // anomalous, however odd its neighbours were.
    private const double RangeWidth = 3;

    // Of the step that one reading can make the recent level take: a single spike must not make its successors look odd.
    private const double RecentClip = 10;

    // Differences and their squares stay finite for any finite reading.
    private const double LargestValue = 1e150;

    public static Verdict Observe(ref DetectorState state, double value)
    {
        var x = Math.Clamp(value, -LargestValue, LargestValue);
        state.Readings++;
        if (state.Readings == 1)
        {
            state.Level = state.Recent = x;
            return new Verdict(0, x, x);
        }

        var judged = state.Readings > WarmUp;
        var rate = Math.Max(LevelRate, 1.0 / state.Readings);
        var tolerance = 1e-6 * (Math.Abs(state.Level) + 1e-6);
        var (low, high) = (state.Level - (RangeWidth * state.Value.Usual), state.Level + (RangeWidth * state.Value.Usual));
        var level = Moved(state.Level, x, rate, judged ? state.Value.Limit(Surprise.Clip) : double.PositiveInfinity);
        var recent = Moved(state.Recent, x, RecentRate, judged ? state.Jump.Limit(RecentClip) : double.PositiveInfinity);

        var score = state.Value.Observe(Math.Abs(x - state.Level), rate, tolerance, state.Readings, judged)
            + state.Jump.Observe(Math.Abs(x - state.Recent), rate, tolerance, state.Readings, judged)
            + state.Shift.Observe(Math.Abs(recent - state.Level), rate, tolerance, state.Readings, judged);
        (state.Level, state.Recent) = (level, recent);

        // The surprises' own spread is as young as the series: for as many readings again they only learn.
        var isJudged = state.Readings > 2 * WarmUp && (x < low || x > high);
        return new Verdict(isJudged ? score : 0, low, high);
    }

    private static double Moved(double from, double to, double rate, double limit) => from + (rate * Math.Clamp(to - from, -limit, limit));
}
