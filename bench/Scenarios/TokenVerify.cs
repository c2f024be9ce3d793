namespace AiMesh.Bench.Scenarios;

/// <summary>What it takes to believe an access token beyond its signature: strict parsing, claims, principal.</summary>
internal sealed class TokenVerify : IScenario
{
    public string Name => "token-verify";

    public string Description => "verification of new access tokens on one core against ECDsa.VerifyData of the same bytes";

    public Task<ScenarioResult> RunAsync()
    {
        // Asked in turn, and fewer remembered than there are: none is found in the cache.
        using var verification = new TokenVerification(remembered: 2);
        return Task.FromResult(ScenarioResult.OfRates(CoreComparison.Run(verification.VerifyAll, verification.Floor()), 0.7));
    }
}
