using System.Globalization;
using AiMesh.AiService.Providers;
using AiMesh.Common.V1;
using Microsoft.Extensions.AI;
using FinishReason = AiMesh.Ai.V1.FinishReason;
using Usage = AiMesh.Ai.V1.Usage;

namespace AiMesh.AiService.Calls;

/// <summary>Our values in the contract's shapes.</summary>
internal static class ContractMapping
{
    /// <summary>At most twelve places, none more than it has, never an exponent.</summary>
    public static Money ToMoney(this decimal dollars) => new() { CurrencyCode = "USD", Amount = dollars.ToString("0.############", CultureInfo.InvariantCulture) };

    public static Usage ToUsage(this TokenCount tokens) => new()
    {
        InputTokens = tokens.Input,
        CachedInputTokens = tokens.CachedInput,
        OutputTokens = tokens.Output,
        ReasoningTokens = tokens.Reasoning,
    };

    public static FinishReason ToContract(this ChatFinishReason reason) =>
        reason == ChatFinishReason.Length ? FinishReason.Length : reason == ChatFinishReason.ContentFilter ? FinishReason.ContentFilter : FinishReason.Stop;
}
