using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Ledger;

/// <summary>What is known of a call before a provider hears of it.</summary>
internal sealed record CallRecord(Guid Id, string Organisation, string Subject, string Operation, DateTimeOffset StartedAt, byte[] PromptHash);

/// <summary>What became of a call.</summary>
/// <param name="Outcome">"OK", "CANCELLED", "INTERRUPTED" or "FAILED".</param>
/// <param name="Attempts">Models tried, in order, each with what became of it.</param>
internal sealed record CallSettlement(
    string Outcome, string Model, byte[]? AnswerHash, TokenCount Tokens, decimal Cost, TimeSpan Duration, IReadOnlyList<string> Attempts, IReadOnlyList<string> Guards);
