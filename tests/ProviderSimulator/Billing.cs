namespace AiMesh.ProviderSimulator;

/// <summary>Prices per million tokens.</summary>
public sealed record PriceList(decimal Input, decimal Cached, decimal Output)
{
    public static IReadOnlyDictionary<string, PriceList> OfModels { get; } = new Dictionary<string, PriceList>
    {
        ["sim-small"] = new(0.15m, 0.075m, 0.60m),
        ["sim-large"] = new(2.50m, 1.25m, 10.00m),
        ["sim-block"] = new(1.00m, 0.50m, 2.00m),
    };
}

/// <summary>One request in the books.</summary>
public sealed class BilledRequest
{
    public required int Number { get; init; }

    public required string Model { get; init; }

    public required int PromptTokens { get; init; }

    public int CachedTokens { get; set; }

    /// <summary>Written so far, hidden reasoning included.</summary>
    public int CompletionTokens { get; set; }

    /// <summary>HTTP status of the answer.</summary>
    public int Status { get; set; }

    public bool Streamed { get; init; }

    /// <summary>The client left before the answer was complete.</summary>
    public bool Disconnected { get; set; }

    /// <summary>The request has come to its end.</summary>
    public bool Finished { get; set; }

    public bool IsBilled => CompletionTokens > 0;

    public decimal Cost => !IsBilled || !PriceList.OfModels.TryGetValue(Model, out var prices) ? 0
        : (((PromptTokens - CachedTokens) * prices.Input) + (CachedTokens * prices.Cached) + (CompletionTokens * prices.Output)) / 1_000_000m;
}
