using System.Diagnostics;
using System.Globalization;

namespace AiMesh.Bench.Scenarios;

/// <summary>From a built AppHost to every resource healthy, each time with new databases: initdb, migrations and demo data included.</summary>
internal sealed class ColdStart : IScenario
{
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(15);

    public string Name => "start";

    public string Description => "from a built AppHost to all healthy";

    public async Task<ScenarioResult> RunAsync()
    {
        var first = await MeasureAsync();
        var second = await MeasureAsync();
        return new ScenarioResult(Seconds(first), Seconds(second), Seconds(first), $"< {Target.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", first < Target);
    }

    private static async Task<TimeSpan> MeasureAsync()
    {
        var clock = Stopwatch.StartNew();
        await using var mesh = await RunningMesh.StartAsync();
        return clock.Elapsed;
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
