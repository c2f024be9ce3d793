using System.Globalization;

namespace AiMesh.Bench.Scenarios;

/// <summary>What remembering verified tokens saves.</summary>
internal sealed class TokenCache : IScenario
{
    private const double Target = 20;

    public string Name => "token-cache";

    public string Description => "verification of an access token that was verified before, on one core, against the first time";

    public Task<ScenarioResult> RunAsync()
    {
        using var remembering = new TokenVerification(remembered: 10_000);
        using var forgetting = new TokenVerification(remembered: 2);
        var comparison = CoreComparison.Run(remembering.VerifyOne, forgetting.VerifyAll);
        return Task.FromResult(new ScenarioResult(
            Nanoseconds(comparison.Ours), Nanoseconds(comparison.Peer), comparison.Ratio.ToString("0.0", CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $">= {Target:0}"), comparison.Ratio >= Target));
    }

    private static string Nanoseconds(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{1e9 / perSecond:N0} ns");
}
