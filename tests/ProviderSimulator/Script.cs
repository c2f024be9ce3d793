using System.Text.Json;

namespace AiMesh.ProviderSimulator;

/// <summary>What one request is to do; README.md describes the fields.</summary>
public sealed record Script
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public string? Text { get; init; }

    public int Tokens { get; init; } = 12;

    public int DelayMs { get; init; }

    public int TokenDelayMs { get; init; }

    public int? Status { get; init; }

    /// <summary>Only for a simulator with this key; others answer.</summary>
    public string? FailsFor { get; init; }

    public double? RetryAfter { get; init; }

    public string? Code { get; init; }

    public int? BreakAfter { get; init; }

    public int? MalformedAfter { get; init; }

    public int? ErrorAfter { get; init; }

    public int? HoldAfter { get; init; }

    public int Cached { get; init; }

    public int Reasoning { get; init; }

    public bool NoUsage { get; init; }

    public string Finish { get; init; } = "stop";

    /// <summary>For a message: asks for this behaviour of the request that carries it.</summary>
    public override string ToString() => $"@@{JsonSerializer.Serialize(this, Json)}@@";

    internal static Script? In(string message)
    {
        var start = message.IndexOf("@@", StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf("@@", start + 2, StringComparison.Ordinal);
        return end < 0 ? null : JsonSerializer.Deserialize<Script>(message.AsSpan(start + 2, end - start - 2), Json);
    }
}
