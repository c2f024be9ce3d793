using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Providers;

/// <summary>Providers by name; section <c>Providers</c>. The built-in provider "local" needs none.</summary>
internal sealed class ProvidersOptions
{
    public const string Section = "Providers";

    public Dictionary<string, ProviderOptions> Providers { get; } = [];
}

/// <summary>An endpoint that speaks OpenAI's chat completions.</summary>
internal sealed class ProviderOptions
{
    /// <summary>Up to and including the version: "http://localhost:8000/v1". Required.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>Sent as Bearer token; empty where the endpoint wants none.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>At least one.</summary>
    public List<ModelOptions> Models { get; } = [];
}

internal sealed class ModelOptions
{
    /// <summary>The provider's name of the model. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>Tokens of input and output together. Range 1,000 to 100,000,000; default 128,000.</summary>
    public long ContextLength { get; set; } = 128_000;

    /// <summary>US dollars per million tokens; not negative.</summary>
    public decimal InputPrice { get; set; }

    /// <summary>US dollars per million tokens of input that the provider had cached. Default: the input price.</summary>
    public decimal? CachedInputPrice { get; set; }

    /// <summary>US dollars per million tokens; not negative.</summary>
    public decimal OutputPrice { get; set; }

    /// <summary>0 to 100. Default 50.</summary>
    public int Quality { get; set; } = 50;
}

internal sealed class ProvidersOptionsValidator : IValidateOptions<ProvidersOptions>
{
    public ValidateOptionsResult Validate(string? name, ProvidersOptions options)
    {
        var errors = options.Providers.SelectMany(provider => Errors($"Providers:{provider.Key}", provider.Key, provider.Value)).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(string path, string key, ProviderOptions provider)
    {
        if (key == ModelCatalogue.LocalProvider || !key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-'))
            yield return $"{path}: the name takes a-z, 0-9, '_' and '-', and must not be '{ModelCatalogue.LocalProvider}'.";
        if (provider.BaseUrl is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            yield return $"{path}:BaseUrl must be an absolute http or https address.";
        if (provider.Models.Count == 0)
            yield return $"{path}:Models must name at least one model.";
        for (var i = 0; i < provider.Models.Count; i++)
        {
            var model = provider.Models[i];
            if (model.Name.Length == 0)
                yield return $"{path}:Models:{i}:Name is required.";
            if (model.ContextLength is < 1_000 or > 100_000_000)
                yield return $"{path}:Models:{i}:ContextLength must lie between 1,000 and 100,000,000.";
            if (model.InputPrice < 0 || model.OutputPrice < 0 || model.CachedInputPrice < 0)
                yield return $"{path}:Models:{i}: prices must not be negative.";
            if (model.Quality is < 0 or > 100)
                yield return $"{path}:Models:{i}:Quality must lie between 0 and 100.";
        }
    }
}
