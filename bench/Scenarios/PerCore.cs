namespace AiMesh.Bench.Scenarios;

/// <summary>Rates of work that all cores share, as rates of one.</summary>
internal static class PerCore
{
    public static ScenarioResult Of(Comparison comparison, double target) => ScenarioResult.OfRates(
        comparison with { Ours = comparison.Ours / Environment.ProcessorCount, Peer = comparison.Peer / Environment.ProcessorCount }, target);
}
