using AiMesh.AiService.Analyst;
using AiMesh.ServiceDefaults.Identity;
using Microsoft.Extensions.Options;

namespace AiMesh.AiService.Providers;

/// <summary>Every model there is: the built-in analyst, and those of configured providers.</summary>
internal sealed class ModelCatalogue
{
    public const string LocalProvider = "local";

    /// <summary>The analyst computes over whatever it is given; the bound keeps one call's memory in hand.</summary>
    private const long AnalystContextLength = 8_000_000;

    public ModelCatalogue(AnalystChatClient analyst, IOptions<ProvidersOptions> options, IHttpClientFactory clients)
    {
        var local = new ModelDefinition(LocalProvider, "analyst", AnalystContextLength, Prices.Free, 10, ["streaming"], analyst);
        var remote = options.Value.Providers.SelectMany(provider => provider.Value.Models.Select(model => new ModelDefinition(
            provider.Key, model.Name, model.ContextLength,
            new Prices(model.InputPrice, model.CachedInputPrice ?? model.InputPrice, model.OutputPrice), model.Quality, ["streaming"],
            new OpenAiChatClient(clients, provider.Key, provider.Value, model.Name))));
        Models = [local, .. remote];
    }

    public IReadOnlyList<ModelDefinition> Models { get; }

    public IEnumerable<ModelDefinition> AllowedFor(Principal principal) => Models.Where(model => principal.Permissions.Allows(model.Permission));
}
