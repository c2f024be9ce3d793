using System.Globalization;

namespace AiMesh.Bench;

/// <summary>One measurement against a peer or a floor, both in this run.</summary>
internal interface IScenario
{
    string Name { get; }

    string Description { get; }

    Task<ScenarioResult> RunAsync();
}

internal sealed record ScenarioResult(string Ours, string Peer, string Measured, string Target, bool Met)
{
    public static ScenarioResult OfRates(Comparison comparison, double target) => new(
        Rate(comparison.Ours), Rate(comparison.Peer), comparison.Ratio.ToString("0.00", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $">= {target:0.0}"), comparison.Ratio >= target);

    private static string Rate(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0}/s");
}
