namespace AiMesh.IoTIngest.Detection;

/// <summary>
/// How unusual a distance is for its series: the usual distance is learnt, and so is how much the ratio to it varies, because a
/// series of rare spikes and one of steady noise must be judged by the same threshold. Mutable on purpose: part of a state that is copied by value.
/// </summary>
internal struct Surprise
{
    // Of the logarithm of the ratio; 0.01 keeps a perfectly regular series from being infinitely surprised by a rounding error.
    private const double LearningRate = 0.002;
    private const double LeastVariance = 0.01;
    private const double LargestRatio = 1e6;

    // One absurd reading (a sensor's 65535) counts as this many usual distances at most, or it would blind the detector for hours.
    public const double Clip = 30;

    /// <summary>Exponentially weighted mean of the distance, in the unit of the metric.</summary>
    public double Usual;

    public double LogMean;

    public double LogVariance;

    /// <summary>So many usual distances, up to which a level may be drawn by one reading; nothing to go by means no limit.</summary>
    public readonly double Limit(double times) => Usual > 0 ? times * Usual : double.PositiveInfinity;

    /// <summary>Judges a distance and learns from it.</summary>
    /// <param name="distance">Not negative.</param>
    /// <param name="rate">Weight of this reading in <see cref="Usual"/>, 0 to 1.</param>
    /// <param name="tolerance">Distance that is rounding only; above 0.</param>
    /// <param name="readings">Readings of the series so far, this one included.</param>
    /// <param name="judged">False while the series is too young: learns only.</param>
    /// <returns>Standard deviations above what is usual, 0 while not judged.</returns>
    public double Observe(double distance, double rate, double tolerance, long readings, bool judged)
    {
        var score = 0.0;
        if (judged)
        {
            var ratio = Math.Min(distance / (Usual + tolerance), LargestRatio);
            var deviation = Math.Log(1 + ratio) - LogMean;
            score = deviation / Math.Sqrt(LogVariance + LeastVariance);
            var weight = Math.Max(LearningRate, 1.0 / readings);
            LogMean += weight * deviation;
            LogVariance += weight * ((deviation * deviation) - LogVariance);
        }

        Usual += rate * (Math.Min(distance, judged ? Limit(Clip) : distance) - Usual);
        return score;
    }
}
