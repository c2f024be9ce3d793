using System.Collections.Immutable;
using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Ledger;

/// <summary>A call as it ended: what the ledger and the audit keep of it.</summary>
internal sealed record SettledCall
{
    public const string Ok = "OK";
    public const string Cancelled = "CANCELLED";

    public required ReservedCall Call { get; init; }

    /// <summary>Null when no provider had begun to answer.</summary>
    public Model? Model { get; init; }

    public TokenUsage Usage { get; init; }

    /// <summary>The provider gave no count.</summary>
    public bool IsEstimated { get; init; }

    public required string Currency { get; init; }

    public decimal Cost => Model is null ? 0 : Ledger.Cost.Of(Model.Prices, Usage);

    /// <summary>SHA-256; null when there was no prompt or answer.</summary>
    public byte[]? PromptHash { get; init; }

    public byte[]? AnswerHash { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>"OK", "CANCELLED" or the reason of the failure.</summary>
    public required string Outcome { get; init; }

    /// <summary>"openai: 429", in order.</summary>
    public ImmutableArray<string> Attempts { get; init; } = [];

    /// <summary>"pii: 2 fields withheld".</summary>
    public ImmutableArray<string> Guards { get; init; } = [];
}
