using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Demo;

/// <summary>
/// What the sensors of a pump would show at a time: a daily swing, noise that depends on the time alone (so that history is the same whenever it
/// is made), and about twice a day a few minutes of a bearing that runs hot.
/// </summary>
internal static class PumpModel
{
    private const int MinutesBetweenFaults = 700;
    private const int FaultMinutes = 4;

    public static IEnumerable<Reading> At(DateTimeOffset time)
    {
        var minute = time.ToUnixTimeSeconds() / 60;
        var day = Math.Sin(time.TimeOfDay.TotalHours / 24 * 2 * Math.PI);
        var faulty = minute % MinutesBetweenFaults < FaultMinutes;
        yield return Of("temperature", 62 + (3 * day) + Noise(time, 1) + (faulty ? 45 : 0));
        yield return Of("vibration", 2.4 + (0.1 * day) + (0.1 * Noise(time, 2)) + (faulty ? 6 : 0));
        yield return Of("pressure", 5.1 + (0.05 * Noise(time, 3)));

        Reading Of(string metric, double value) => new() { Metric = metric, Value = Math.Round(value, 3), Time = Timestamp.FromDateTimeOffset(time) };
    }

    /// <summary>Between -1 and 1.</summary>
    private static double Noise(DateTimeOffset time, int sensor)
    {
        var hash = (ulong)time.ToUnixTimeSeconds() * 0x9E3779B97F4A7C15 * (ulong)((2 * sensor) + 1);
        hash = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
        return ((hash >> 11) / (double)(1UL << 52)) - 1;
    }
}
