using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>The stores of vectors that the configuration names (<c>Search:Stores:{name}</c>).</summary>
internal sealed partial class VectorStoreRegistry : IDisposable
{
    private readonly FrozenDictionary<string, VectorStoreOptions> _options;
    private readonly FrozenDictionary<string, IVectorStore> _stores;

    /// <exception cref="InvalidOperationException">Something of the configuration is wrong; the message says all of it, and no secret.</exception>
    public VectorStoreRegistry(IConfiguration configuration)
    {
        var options = configuration.GetSection(VectorStoreOptions.Section).GetChildren().ToDictionary(static section => section.Key, static section => section.Get<VectorStoreOptions>() ?? new VectorStoreOptions());
        string[] faults =
        [
            .. options.Keys.Where(static name => !Name().IsMatch(name)).Select(static name => $"{VectorStoreOptions.Section}:{name}: expected a name of 1 to 31 characters of a-z, 0-9 and '-', beginning with a letter"),
            .. options.SelectMany(static store => store.Value.Faults().Select(fault => $"{VectorStoreOptions.Section}:{store.Key}:{fault}")),
        ];
        if (faults.Length > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        _options = options.ToFrozenDictionary(StringComparer.Ordinal);
        _stores = options.ToFrozenDictionary(static store => store.Key, static store => Open(store.Value), StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, IVectorStore> All => _stores;

    /// <summary>Whether a dataset may name it.</summary>
    public bool Knows(string name) => _stores.ContainsKey(name);

    /// <exception cref="MeshException">UNAVAILABLE: the configuration does not have it any more.</exception>
    public IVectorStore Of(IndexCopy copy) =>
        _stores.GetValueOrDefault(copy.Store) ?? throw new MeshException(new Unavailable("the search store of the dataset (this replica is not configured for it), which"));

    /// <summary>Where the vectors of a field are.</summary>
    public VectorSpace SpaceOf(IndexCopy copy, string field) => VectorSpace.Of(_options[copy.Store].Prefix, copy, field);

    public void Dispose()
    {
        foreach (var store in _stores.Values) (store as IDisposable)?.Dispose();
    }

    private static IVectorStore Open(VectorStoreOptions options) => options.Provider switch
    {
        "chroma" => new ChromaStore(options),
        "pinecone" => new PineconeStore(options),
        "weaviate" => new WeaviateStore(options),
        _ => new MilvusStore(options),
    };

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,30}\z")]
    private static partial Regex Name();
}
