using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Ledger;

/// <summary>Tokens of one call.</summary>
/// <param name="Input">All of the input.</param>
/// <param name="Output">All of the output.</param>
/// <param name="CachedInput">Part of the input that the provider had cached.</param>
/// <param name="Reasoning">Part of the output spent on hidden reasoning.</param>
internal readonly record struct TokenUsage(long Input, long Output, long CachedInput = 0, long Reasoning = 0)
{
    public static TokenUsage From(UsageDetails details)
    {
        var input = Math.Max(0, details.InputTokenCount ?? 0);
        var output = Math.Max(0, details.OutputTokenCount ?? 0);
        return new TokenUsage(input, output, Math.Clamp(details.CachedInputTokenCount ?? 0, 0, input), Math.Clamp(details.ReasoningTokenCount ?? 0, 0, output));
    }
}
