namespace AiMesh.IoTIngest.Detection;

/// <summary>What the detector says of one reading.</summary>
/// <param name="Score">Standard deviations of surprise, summed over three views of the series; 0 for a value in the expected range.</param>
/// <param name="ExpectedLow">Lower end of what was expected, in the unit of the metric.</param>
/// <param name="ExpectedHigh">Upper end.</param>
internal readonly record struct Verdict(double Score, double ExpectedLow, double ExpectedHigh)
{
    public bool IsAnomalous => Score >= AnomalyDetector.Threshold;

    public bool IsCritical => Score >= 2 * AnomalyDetector.Threshold;
}
