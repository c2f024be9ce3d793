using System.Globalization;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

/// <summary>Changes the culture of the whole process, so it runs alone.</summary>
[CollectionDefinition(nameof(NumberTests), DisableParallelization = true)]
[Collection(nameof(NumberTests))]
public sealed class NumberTests
{
    [Theory]
    [InlineData(1234567.891, "1234567.891")]
    [InlineData(-0.000015, "-1.5E-05")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public async Task Number_IsWrittenWithoutTheCulture(double value, string expected)
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            // A culture whose decimal point is a comma, also where the machine knows no cultures.
            CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = new CultureInfo("")
            {
                NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NegativeSign = "−" },
            };
            await using var server = await MetricsServer.StartAsync();
            server.Meter.CreateGauge<double>("level").Record(value);

            Assert.Contains($" {expected}\n", await server.GetAsync(), StringComparison.Ordinal);
            Assert.Equal(value, (await server.ScrapeOpenMetricsAsync()).Single("level").Value);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
            CultureInfo.DefaultThreadCurrentCulture = null;
        }
    }
}
