using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Protection;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Datasets;

/// <summary>One version of a dataset's definition, ready for use. Immutable but for the views it remembers.</summary>
internal sealed class CompiledDataset
{
    // Sets of roles are few; a caller with many odd ones must not fill the memory.
    private const int MaxViews = 256;

    private readonly ConcurrentDictionary<string, DatasetView> _views = new(StringComparer.Ordinal);
    private readonly ImmutableArray<string> _roles;
    private readonly FrozenDictionary<string, Field> _storedAs;

    /// <exception cref="InvalidOperationException">The stored definition is broken.</exception>
    public CompiledDataset(long id, long version, string organisation, Dataset definition)
    {
        (Id, Version, Organisation, Definition) = (id, version, organisation, definition);
        var schema = PolicySchema.ForRule(definition.Fields.Select(f => KeyValuePair.Create(f.Name, f.Type.ToPolicy())));
        Rules = [.. definition.RowRules.Select((rule, i) => CompiledRule.Of(rule, i, Parse(rule.Condition, schema)))];
        FieldViews = definition.Fields.Where(f => f.Views.Count > 0).ToFrozenDictionary(
            f => f.Name, f => f.Views.Select(view => new CompiledFieldView([.. view.Roles], Parse(view.Condition, schema), view.Mask)).ToImmutableArray(), StringComparer.Ordinal);
        _storedAs = definition.Fields.Where(f => f.StoredAs != Field.Types.Mask.Unspecified).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        Encrypted = definition.Fields.Where(f => f.Encrypted).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        Indexed = definition.Store.Length > 0 ? [] : [.. definition.Fields.Where(f => f.Indexed).Select(f => new FieldKey(f.Name, f.Type.ToPolicy()))];
        NeedsKeys = FieldViews.Count + _storedAs.Count + Encrypted.Count > 0;
        _roles = [.. Rules.SelectMany(r => r.Roles).Concat(definition.Fields.SelectMany(f => f.VisibleTo.Concat(f.Views.SelectMany(v => v.Roles)))).Distinct().Order(StringComparer.Ordinal)];
        Table = TableName(id);
        Documents = DocumentTable.Of(this);
    }

    /// <summary>Chosen by the database, never used again, never shown.</summary>
    public long Id { get; }

    public long Version { get; }

    public string Organisation { get; }

    /// <summary>The whole definition, as only those with data:define see it.</summary>
    public Dataset Definition { get; }

    public ImmutableArray<CompiledRule> Rules { get; }

    /// <summary>By name of the field.</summary>
    public FrozenDictionary<string, ImmutableArray<CompiledFieldView>> FieldViews { get; }

    /// <summary>By name of the field.</summary>
    public FrozenDictionary<string, Field> Encrypted { get; }

    /// <summary>Fields with an index.</summary>
    public ImmutableArray<FieldKey> Indexed { get; }

    /// <summary>Whether anything of it is protected; a dataset without pays nothing.</summary>
    public bool NeedsKeys { get; }

    /// <summary>Set before anybody uses the dataset, where it needs them.</summary>
    public OrganisationKeys? Keys { get; set; }

    /// <summary>The table of the items, as SQL.</summary>
    public string Table { get; }

    /// <summary>The items are in another store than the database; the table is empty.</summary>
    public bool IsElsewhere => Definition.Store.Length > 0;

    /// <summary>The table of the items, as other stores know it.</summary>
    public DocumentTable Documents { get; }

    public static string TableName(long id) => string.Create(CultureInfo.InvariantCulture, $"items.d{id}");

    public FieldCipher Cipher => new(Keys ?? throw new InvalidOperationException("The keys of the dataset were not loaded."), Organisation, Definition.Id);

    /// <summary>Values with those of encrypted fields sealed; what is sealed already stays as it is.</summary>
    public IReadOnlyDictionary<string, object> Seal(string item, IReadOnlyDictionary<string, object> values)
    {
        if (Encrypted.Count == 0) return values;
        var cipher = Cipher;
        return values.ToDictionary(v => v.Key, v => v.Value is not SealedValue && Encrypted.TryGetValue(v.Key, out var field) ? cipher.Seal(field, item, v.Value) : v.Value, StringComparer.Ordinal);
    }

    /// <summary>What of a value is stored.</summary>
    public object Stored(string field, object value) =>
        value is string text && _storedAs.TryGetValue(field, out var definition) ? FieldMasks.Text(definition, definition.StoredAs, text, Keys!.Anonymiser) : value;

    /// <summary>The dataset as the caller sees it.</summary>
    public DatasetView ViewFor(Principal principal)
    {
        var definer = principal.Allows("data:define");
        var roles = _roles.Where(principal.HasRole).ToImmutableArray();
        var key = string.Join(',', definer ? roles.Insert(0, "") : roles);
        if (_views.TryGetValue(key, out var view)) return view;
        if (_views.Count >= MaxViews) _views.Clear();
        return _views.GetOrAdd(key, static (_, state) => new DatasetView(state.Dataset, state.Roles, state.Definer), (Dataset: this, Roles: roles, Definer: definer));
    }

    private static PolicyExpression Parse(string condition, PolicySchema schema) => PolicyParser.Parse(condition, schema) switch
    {
        { Expression: { } expression } => expression,
        var result => throw new InvalidOperationException($"A stored condition does not parse: {result.Errors[0]}"),
    };
}
