using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores.Cosmos;
using AiMesh.DataService.Stores.DynamoDb;
using AiMesh.DataService.Stores.Firestore;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores;

/// <summary>The stores that the configuration names (<c>Stores:{name}</c>).</summary>
internal sealed partial class StoreRegistry : IDisposable
{
    private readonly FrozenDictionary<string, IDocumentStore> _stores;
    private readonly FrozenDictionary<string, string> _places;

    /// <exception cref="InvalidOperationException">Something of the configuration is wrong; the message says all of it.</exception>
    public StoreRegistry(IConfiguration configuration, TimeProvider clock)
    {
        var options = configuration.GetSection(StoreOptions.Section).GetChildren().ToDictionary(static section => section.Key, static section => section.Get<StoreOptions>() ?? new StoreOptions());
        string[] faults =
        [
            .. options.Keys.Where(static name => !Name().IsMatch(name)).Select(static name => $"Stores:{name}: expected a name of 1 to 31 characters of a-z, 0-9 and '-', beginning with a letter"),
            .. options.SelectMany(static store => store.Value.Faults().Select(fault => $"Stores:{store.Key}:{fault}")),
        ];
        if (faults.Length > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        _stores = options.ToFrozenDictionary(static store => store.Key, store => Open(store.Value, clock), StringComparer.Ordinal);
        _places = options.ToFrozenDictionary(static store => store.Key, static store => store.Value.Place, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, IDocumentStore> All => _stores;

    /// <summary>Whether a dataset may name it.</summary>
    public bool Knows(string name) => _stores.ContainsKey(name);

    /// <summary>Whether two names stand for the same tables, as far as the configuration tells.</summary>
    public bool AreOne(string store, string other) => store == other || (_places.TryGetValue(store, out var place) && place == _places.GetValueOrDefault(other));

    /// <exception cref="MeshException">UNAVAILABLE: the configuration does not have it any more.</exception>
    public IDocumentStore Of(string name) => _stores.GetValueOrDefault(name) ?? throw new MeshException(new Unavailable("the store of the dataset (this replica is not configured for it), which"));

    /// <summary>Where the items of a dataset are that <see cref="CompiledDataset.IsElsewhere"/>.</summary>
    /// <exception cref="MeshException">UNAVAILABLE: the configuration does not have it any more.</exception>
    public IDocumentStore Of(CompiledDataset dataset) => Of(dataset.Definition.Store);

    /// <summary>Whether there is a document for which the condition holds.</summary>
    public async Task<bool> AnyAsync(CompiledDataset dataset, DocumentQuery query, CancellationToken cancellationToken)
    {
        await foreach (var document in Of(dataset).QueryAsync(dataset.Documents, query, cancellationToken))
            if (query.Matches(document)) return true;
        return false;
    }

    public void Dispose()
    {
        foreach (var store in _stores.Values) (store as IDisposable)?.Dispose();
    }

    private static IDocumentStore Open(StoreOptions options, TimeProvider clock) => options.Provider switch
    {
        "dynamodb" => new DynamoDbStore(options),
        "cosmos" => new CosmosStore(options, clock),
        _ => new FirestoreStore(options, clock),
    };

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,30}\z")]
    private static partial Regex Name();
}
