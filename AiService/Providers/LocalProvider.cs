using AiMesh.AiService.Analyst;

namespace AiMesh.AiService.Providers;

/// <summary>The built-in provider, by which everything works without a key and without a network.</summary>
internal static class LocalProvider
{
    public const string Name = "local";

    /// <summary>It computes and does not attend, so its context is bounded by memory only.</summary>
    private const long ContextLength = 8_000_000;

    public static Provider Create(TimeProvider time, string currency) => new(
        Name,
        new AnalystChatClient(time),
        [
            new Model
            {
                Provider = Name,
                Name = "analyst",
                ContextLength = ContextLength,
                MaxOutputTokens = 32_768,
                Prices = Prices.Free(currency),
                Quality = 0.4,
            },
        ],
        LeavesTheMesh: false);
}
