using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Ledger;

/// <summary>What tokens cost, exactly: prices have at most six decimals per million, so amounts have at most twelve.</summary>
internal static class Cost
{
    private const decimal Million = 1_000_000;

    public static decimal Of(Prices prices, TokenUsage usage) =>
        (((usage.Input - usage.CachedInput) * prices.Input) + (usage.CachedInput * prices.CachedInput) + (usage.Output * prices.Output)) / Million;
}
