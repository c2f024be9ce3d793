using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Providers;

/// <summary>The whole section <c>Providers</c>.</summary>
internal sealed class ProvidersOptions : Dictionary<string, ProviderOptions>
{
    public ProvidersOptions()
        : base(StringComparer.OrdinalIgnoreCase)
    {
    }
}

/// <summary>Reports everything that is wrong with the section at once; it never repeats a key.</summary>
internal sealed partial class ProvidersOptionsValidator : IValidateOptions<ProvidersOptions>
{
    private static readonly string[] KnownCapabilities = ["streaming", "vision", "tools", "json"];
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public ValidateOptionsResult Validate(string? name, ProvidersOptions options)
    {
        var errors = options.Where(p => p.Value.Enabled).SelectMany(p => Errors(p.Key, p.Value)).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(string name, ProviderOptions options)
    {
        var path = $"Providers:{name}";
        if (!Name().IsMatch(name) || name == LocalProvider.Name)
            yield return $"{path}: a name has 1 to 32 characters of a-z, 0-9 and '_', and is not '{LocalProvider.Name}'.";
        if (options.Kind != ProviderOptions.OpenAiCompatible)
            yield return $"{path}:Kind is '{options.Kind}'; known is {ProviderOptions.OpenAiCompatible}.";
        if (options.BaseUrl is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" })
            yield return $"{path}:BaseUrl must be an absolute http or https address without user or password.";
        if (options.ApiKey is { } key && key.Any(c => c is < '!' or > '~'))
            yield return $"{path}:ApiKey may hold visible ASCII characters only.";
        if (options.MaxTokensField is not ("max_tokens" or "max_completion_tokens"))
            yield return $"{path}:MaxTokensField is 'max_tokens' or 'max_completion_tokens'.";
        if (options.FirstTokenTimeout < Shortest || options.FirstTokenTimeout > Longest)
            yield return $"{path}:FirstTokenTimeout is 0.1 s to 5 min.";
        if (options.IdleTimeout < Shortest || options.IdleTimeout > Longest)
            yield return $"{path}:IdleTimeout is 0.1 s to 5 min.";
        if (options.Models.Count == 0)
            yield return $"{path}:Models needs at least one model.";
        if (options.Models.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            yield return $"{path}:Models has '{twice.Key}' twice.";
        for (var i = 0; i < options.Models.Count; i++)
        {
            foreach (var error in Errors($"{path}:Models:{i}", options.Models[i]))
                yield return error;
        }
    }

    private static IEnumerable<string> Errors(string path, ModelOptions model)
    {
        if (!ModelName().IsMatch(model.Name))
            yield return $"{path}:Name is required: 1 to 128 visible characters.";
        if (model.ContextLength < 1024)
            yield return $"{path}:ContextLength is at least 1024.";
        if (model.MaxOutputTokens is < 1 or > 1_000_000 || model.MaxOutputTokens > model.ContextLength)
            yield return $"{path}:MaxOutputTokens is 1 to 1,000,000 and at most ContextLength.";
        if (model.Quality is < 0 or > 1)
            yield return $"{path}:Quality is 0 to 1.";
        foreach (var capability in model.Capabilities.Except(KnownCapabilities))
            yield return $"{path}:Capabilities: '{capability}' is none of {string.Join(", ", KnownCapabilities)}.";
        foreach (var (field, price) in new[] { ("InputPrice", model.InputPrice), ("CachedInputPrice", model.CachedInputPrice ?? 0), ("OutputPrice", model.OutputPrice) })
        {
            if (price is < 0 or > 1_000_000 || decimal.Round(price, 6) != price)
                yield return $"{path}:{field} is 0 to 1,000,000 with at most six decimals.";
        }
    }

    [GeneratedRegex(@"^[a-z0-9_]{1,32}\z", RegexOptions.None, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[!-~]{1,128}\z", RegexOptions.None, 1000)]
    private static partial Regex ModelName();
}
