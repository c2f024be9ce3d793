namespace AiMesh.AiService.Providers;

/// <summary>
/// One entry of the section <c>Providers</c>; its key is the provider's name. Further kinds of providers come as further kinds of
/// entries, told apart by <see cref="Kind"/>.
/// </summary>
internal sealed class ProviderOptions
{
    public const string Section = "Providers";

    public const string OpenAiCompatible = "OpenAiCompatible";

    /// <summary>Which wire format it speaks. Default: "OpenAiCompatible".</summary>
    public string Kind { get; set; } = OpenAiCompatible;

    /// <summary>False takes it out without deleting its settings. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where it answers, up to and including the version: "https://api.openai.com/v1". Required.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>Sent as bearer token; none for endpoints that ask for none. Never logged or answered.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The endpoint belongs to the operator of the mesh, so that personal data may go there. Default: false.</summary>
    public bool StaysInTheMesh { get; set; }

    /// <summary>Name of the field that bounds the answer; newer models take "max_completion_tokens". Default: "max_tokens".</summary>
    public string MaxTokensField { get; set; } = "max_tokens";

    /// <summary>0.1 s to 5 min. Default: 20 s.</summary>
    public TimeSpan FirstTokenTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>0.1 s to 5 min. Default: 30 s.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>At least one. A list, as names of models may hold the ':' that divides configuration keys.</summary>
    public List<ModelOptions> Models { get; } = [];
}

internal sealed class ModelOptions
{
    /// <summary>Required, unique within the provider.</summary>
    public string Name { get; set; } = "";

    /// <summary>Tokens of input and output together, at least 1024. Default: 128,000.</summary>
    public long ContextLength { get; set; } = 128_000;

    /// <summary>1 to 1,000,000. Default: 4096.</summary>
    public int MaxOutputTokens { get; set; } = 4096;

    /// <summary>Per million tokens, at most six decimals.</summary>
    public decimal InputPrice { get; set; }

    /// <summary>Default: as <see cref="InputPrice"/>.</summary>
    public decimal? CachedInputPrice { get; set; }

    public decimal OutputPrice { get; set; }

    /// <summary>Of "streaming", "vision", "tools", "json". Default: "streaming".</summary>
    public List<string> Capabilities { get; } = [];

    /// <summary>0 to 1. Default: 0.5.</summary>
    public double Quality { get; set; } = 0.5;
}
