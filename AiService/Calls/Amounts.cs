using System.Globalization;
using AiMesh.AiService.Ledger;
using AiMesh.Common.V1;

namespace AiMesh.AiService.Calls;

/// <summary>Usage and money as the contract writes them.</summary>
internal static class Amounts
{
    public static Money Money(decimal amount, string currency) => new()
    {
        CurrencyCode = currency,
        Amount = amount.ToString("0.############", CultureInfo.InvariantCulture),
    };

    public static Ai.V1.Usage ToProto(this TokenUsage usage) => new()
    {
        InputTokens = usage.Input,
        OutputTokens = usage.Output,
        CachedInputTokens = usage.CachedInput,
        ReasoningTokens = usage.Reasoning,
    };
}
