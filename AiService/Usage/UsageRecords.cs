using AiMesh.AiService.Ledger;

namespace AiMesh.AiService.Usage;

/// <param name="Organisation">Whose calls.</param>
/// <param name="Subject">Null: everybody's.</param>
/// <param name="Start">Inclusive.</param>
/// <param name="End">Exclusive.</param>
internal sealed record UsageScope(string Organisation, string? Subject, DateTimeOffset Start, DateTimeOffset End);

internal sealed record UsageGroup(string Key, long Calls, long Input, long Output, long CachedInput, long Reasoning, decimal Cost)
{
    public TokenUsage Tokens => new(Input, Output, CachedInput, Reasoning);
}

/// <summary>A call as ledger and audit keep it. Dapper cannot pass arrays to constructors, hence properties.</summary>
internal sealed record AuditedCall
{
    public Guid Id { get; init; }

    public DateTime Started { get; init; }

    public string Subject { get; init; } = "";

    public string Operation { get; init; } = "";

    public string Model { get; init; } = "";

    public byte[]? PromptHash { get; init; }

    public byte[]? AnswerHash { get; init; }

    public long Input { get; init; }

    public long Output { get; init; }

    public long CachedInput { get; init; }

    public long Reasoning { get; init; }

    public decimal Cost { get; init; }

    public string Currency { get; init; } = "";

    public long DurationMs { get; init; }

    public string Outcome { get; init; } = "";

    public string[] Attempts { get; init; } = [];

    public string[] Guards { get; init; } = [];

    public TokenUsage Tokens => new(Input, Output, CachedInput, Reasoning);
}
