using System.Collections.Frozen;
using System.Collections.Immutable;

namespace AiMesh.AiService.Providers;

/// <summary>All configured providers and their models.</summary>
internal sealed class ProviderCatalog : IDisposable
{
    private readonly FrozenDictionary<string, Provider> _providers;

    public ProviderCatalog(IEnumerable<Provider> providers)
    {
        _providers = providers.ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);
        Models = [.. _providers.Values.SelectMany(p => p.Models).OrderBy(m => m.Id, StringComparer.Ordinal)];
    }

    public ImmutableArray<Model> Models { get; }

    public Provider ProviderOf(Model model) => _providers[model.Provider];

    /// <summary>The model with the id "provider/model", or all of that name ("model") whoever serves them.</summary>
    public ImmutableArray<Model> Find(string idOrName) =>
        [.. Models.Where(m => m.Id == idOrName || m.Name == idOrName)];

    public void Dispose()
    {
        foreach (var provider in _providers.Values)
            provider.Client.Dispose();
    }
}
