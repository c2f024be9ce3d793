namespace AiMesh.IoTIngest.Tests.Detection;

/// <summary>Made-up series of which we know what is wrong with them. Seeded: the same in every run.</summary>
internal sealed class Series(int seed)
{
    private readonly Random _random = new(seed);

    public double Gaussian(double mean = 0, double deviation = 1)
    {
        var (first, second) = (1 - _random.NextDouble(), _random.NextDouble());
        return mean + (deviation * Math.Sqrt(-2 * Math.Log(first)) * Math.Cos(2 * Math.PI * second));
    }

    public double[] Noise(int count, double mean = 20, double deviation = 1) => Make(count, _ => Gaussian(mean, deviation));

    public double[] Daily(int count) => Make(count, index => 20 + (5 * Math.Sin(index / 1440.0 * 2 * Math.PI)) + Gaussian(0, 0.5));

    public double[] Walk(int count)
    {
        var value = 0.0;
        return Make(count, _ => value += Gaussian());
    }

    private static double[] Make(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];
}
