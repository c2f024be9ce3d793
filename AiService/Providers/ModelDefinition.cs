using Microsoft.Extensions.AI;

namespace AiMesh.AiService.Providers;

/// <summary>A model that calls can be routed to.</summary>
/// <param name="Provider">Name of the provider in configuration; the permission to use it is "ai:use_{Provider}".</param>
/// <param name="Name">The provider's own name of the model.</param>
/// <param name="ContextLength">Most tokens of input and output together.</param>
/// <param name="Prices">Per million tokens, in US dollars.</param>
/// <param name="Quality">From 0 to 100, as the operator rates it; what the policy "best" goes by.</param>
/// <param name="Client">Speaks to it.</param>
internal sealed record ModelDefinition(
    string Provider, string Name, long ContextLength, Prices Prices, int Quality, IReadOnlyList<string> Capabilities, IChatClient Client)
{
    public string Id => $"{Provider}/{Name}";

    public string Permission => $"ai:use_{Provider}";

    /// <summary>Data that must not leave the mesh in clear may go here.</summary>
    public bool IsLocal => Provider == ModelCatalogue.LocalProvider;
}

/// <summary>US dollars per million tokens.</summary>
internal sealed record Prices(decimal Input, decimal CachedInput, decimal Output)
{
    private const decimal Million = 1_000_000m;

    public static Prices Free { get; } = new(0, 0, 0);

    /// <summary>The exact cost. Reasoning tokens are part of the output and cost as such; cached ones are part of the input.</summary>
    public decimal CostOf(TokenCount tokens) =>
        ((tokens.Input - tokens.CachedInput) * Input + tokens.CachedInput * CachedInput + tokens.Output * Output) / Million;
}

/// <param name="CachedInput">Part of <paramref name="Input"/>.</param>
/// <param name="Reasoning">Part of <paramref name="Output"/>.</param>
internal sealed record TokenCount(long Input, long CachedInput, long Output, long Reasoning)
{
    public static TokenCount From(UsageDetails usage) => new(
        usage.InputTokenCount ?? 0, usage.CachedInputTokenCount ?? 0, usage.OutputTokenCount ?? 0, usage.ReasoningTokenCount ?? 0);
}
