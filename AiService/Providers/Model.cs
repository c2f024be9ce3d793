using System.Collections.Immutable;

namespace AiMesh.AiService.Providers;

/// <summary>A model that a provider serves.</summary>
internal sealed record Model
{
    /// <summary>Answers piece by piece.</summary>
    public const string Streaming = "streaming";

    /// <summary>Name of the provider, as in the permission "ai:use_{provider}".</summary>
    public required string Provider { get; init; }

    /// <summary>Name that the provider knows it by.</summary>
    public required string Name { get; init; }

    /// <summary>"provider/model".</summary>
    public string Id => $"{Provider}/{Name}";

    /// <summary>Most tokens of input and output together.</summary>
    public required long ContextLength { get; init; }

    /// <summary>Most tokens of one answer.</summary>
    public required int MaxOutputTokens { get; init; }

    /// <summary>"streaming", "vision", "tools", "json".</summary>
    public ImmutableArray<string> Capabilities { get; init; } = [Streaming];

    public required Prices Prices { get; init; }

    /// <summary>How good its answers are beside other models', 0 to 1, as the operator judges.</summary>
    public double Quality { get; init; } = 0.5;

    public bool Can(string capability) => Capabilities.Contains(capability, StringComparer.Ordinal);
}

/// <summary>Prices per million tokens, with at most six decimals, so that the cost of a token has at most twelve.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Input">Of input that was not cached.</param>
/// <param name="CachedInput">Of input that the provider had cached.</param>
/// <param name="Output">Of output, hidden reasoning included.</param>
internal sealed record Prices(string Currency, decimal Input, decimal CachedInput, decimal Output)
{
    public static Prices Free(string currency) => new(currency, 0, 0, 0);
}
