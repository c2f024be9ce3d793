using System.Buffers.Text;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using AiMesh.Data.V1;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// What callers with a certain set of roles see of a dataset. Everything that a caller can name is looked up in here, so what is hidden
/// from them fails as what does not exist.
/// </summary>
internal sealed class DatasetView
{
    private readonly FrozenDictionary<string, ViewField> _byName;
    private readonly FrozenDictionary<Action, PolicyExpression> _conditions;
    private readonly FrozenDictionary<Action, string> _labels;

    public DatasetView(CompiledDataset dataset, ImmutableArray<string> roles, bool definer)
    {
        Dataset = dataset;
        var all = dataset.Definition.Fields;
        var visible = all.Where(f => definer || f.VisibleTo.Any(role => role == CompiledRule.EveryRole || roles.Contains(role))).ToArray();
        Fields = [.. visible.Select(f => new ViewField(f.Name, f.Type.ToPolicy(), f.Required)).OrderBy(f => f.Utf8Name.Length).ThenBy(f => f.Name, StringComparer.Ordinal)];
        Hidden = [.. all.Except(visible).Select(f => f.Name)];
        HiddenRequired = all.Except(visible).Any(f => f.Required);
        _byName = Fields.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        FilterSchema = PolicySchema.ForFilter(Fields.Select(f => KeyValuePair.Create(f.Name, f.Type)));

        var byAction = Enum.GetValues<Action>().ToDictionary(a => a, a => dataset.Rules.Where(r => r.Speaks(a, role => roles.Contains(role))).ToArray());
        _conditions = byAction.ToFrozenDictionary(e => e.Key, e => PolicyExpression.AnyOf([.. e.Value.Select(r => r.Condition)]));
        _labels = byAction.ToFrozenDictionary(e => e.Key, e => string.Create(CultureInfo.InvariantCulture, $"{dataset.Version}:{string.Join(',', e.Value.Select(r => r.Number))}"));
        Definition = definer ? Whole(dataset) : Visible(dataset.Definition, visible);
    }

    public CompiledDataset Dataset { get; }

    /// <summary>In the order in which jsonb writes keys: by length, then by bytes.</summary>
    public ImmutableArray<ViewField> Fields { get; }

    /// <summary>Names of the other fields.</summary>
    public string[] Hidden { get; }

    /// <summary>Whether an item must have a value that the caller can't give.</summary>
    public bool HiddenRequired { get; }

    public bool SeesAll => Hidden.Length == 0;

    public PolicySchema FilterSchema { get; }

    /// <summary>The dataset as GetDataset answers it.</summary>
    public Dataset Definition { get; }

    /// <summary>Which rows these callers may treat so.</summary>
    public PolicyExpression Condition(Action action) => _conditions[action];

    /// <summary>For the access log: version and numbers of the rules behind <see cref="Condition"/>.</summary>
    public string RuleLabel(Action action) => _labels[action];

    /// <summary>SQL of the fields that the caller sees. What is hidden does not leave the database.</summary>
    public string VisibleFields(SqlParameters parameters) => SeesAll ? "fields" : $"fields - {parameters.Add(Hidden, PolicyType.TextList)}";

    public ViewField? Find(string name) => _byName.GetValueOrDefault(name);

    private static Dataset Whole(CompiledDataset dataset)
    {
        var whole = dataset.Definition.Clone();
        whole.Etag = Etag(string.Create(CultureInfo.InvariantCulture, $"{dataset.Id}:{dataset.Version}"));
        return whole;
    }

    // No rules, no roles, no time of the last change: what changed may be something they don't see.
    private static Dataset Visible(Dataset definition, Field[] visible)
    {
        var seen = new Dataset
        {
            Name = definition.Name,
            Id = definition.Id,
            DisplayName = definition.DisplayName,
            Description = definition.Description,
            CreateTime = definition.CreateTime,
            Fields = { visible.Select(f => new Field { Name = f.Name, Type = f.Type, Classification = f.Classification, Required = f.Required, Description = f.Description, Searchable = f.Searchable }) },
        };
        seen.Etag = Etag(seen.ToString());
        return seen;
    }

    private static string Etag(string text) => Base64Url.EncodeToString(SHA256.HashData(ByteString.CopyFromUtf8(text).Span).AsSpan(0, 12));
}
