using AiMesh.Iot.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.IoTIngest.Demo;

/// <summary>
/// A centrifugal pump, made up: what it measures follows from the time alone, so that any replica and any restart goes on with the
/// same machine. It runs warmer in the afternoon and has a fault of a few minutes in every eight hours.
/// </summary>
internal static class DemoPump
{
    public const string Organisation = "demo";
    public const string DeviceId = "demo-pump-1";

    private const int MinutesPerWatch = 8 * 60;

    private enum Fault
    {
        /// <summary>A bearing runs dry: hot and rough.</summary>
        Bearing,

        /// <summary>Air in the suction line: pressure falls, rough.</summary>
        Cavitation,

        /// <summary>The outlet is blocked: pressure rises.</summary>
        Blockage,
    }

    /// <summary>Temperature of the bearing in °C, vibration in mm/s RMS, pressure at the outlet in bar.</summary>
    public static IEnumerable<Reading> At(DateTime time)
    {
        var noise = new Random(HashCode(time.Ticks / TimeSpan.TicksPerMillisecond));
        var ofDay = time.TimeOfDay.TotalDays;
        var temperature = 58 + (2.5 * Math.Sin(2 * Math.PI * (ofDay - 0.375))) + Gaussian(noise, 0.4);
        var vibration = 2.1 + Gaussian(noise, 0.08);
        var pressure = 6.2 + Gaussian(noise, 0.05);
        switch (FaultAt(time))
        {
            case (Fault.Bearing, var strength):
                temperature += 22 * strength;
                vibration += 2.4 * strength;
                break;
            case (Fault.Cavitation, var strength):
                pressure -= 2.5 * strength;
                vibration += 1.6 * strength;
                break;
            case (Fault.Blockage, var strength):
                pressure += 2.2 * strength;
                break;
        }

        var timestamp = Timestamp.FromDateTime(time);
        yield return new Reading { Metric = "temperature", Value = Math.Round(temperature, 2), Time = timestamp };
        yield return new Reading { Metric = "vibration", Value = Math.Round(vibration, 3), Time = timestamp };
        yield return new Reading { Metric = "pressure", Value = Math.Round(pressure, 3), Time = timestamp };
    }

    /// <summary>Once in each watch of eight hours, for four to eight minutes, rising and falling.</summary>
    private static (Fault Kind, double Strength)? FaultAt(DateTime time)
    {
        var minute = (time - DateTime.UnixEpoch).TotalMinutes;
        var watch = (long)(minute / MinutesPerWatch);
        var plan = new Random(HashCode(watch));
        var (start, length, kind) = (plan.Next(30, MinutesPerWatch - 30), plan.Next(4, 9), (Fault)plan.Next(3));
        var along = (minute - (watch * MinutesPerWatch) - start) / length;
        return along is >= 0 and < 1 ? (kind, Math.Sin(Math.PI * along)) : null;
    }

    // System.HashCode differs from process to process.
    private static int HashCode(long number) => (int)(((ulong)number * 0x9E37_79B9_7F4A_7C15) >> 33);

    private static double Gaussian(Random random, double deviation)
    {
        var (first, second) = (1 - random.NextDouble(), random.NextDouble());
        return deviation * Math.Sqrt(-2 * Math.Log(first)) * Math.Cos(2 * Math.PI * second);
    }
}
