using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using AiMesh.Data.V1;
using AiMesh.DataService.Items;
using AiMesh.DataService.Protection;
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
    private readonly FrozenDictionary<string, ViewField> _shownByName;
    private readonly FrozenDictionary<string, ViewField> _opened;
    private readonly FrozenDictionary<Action, PolicyExpression> _conditions;
    private readonly FrozenDictionary<Action, string> _labels;

    public DatasetView(CompiledDataset dataset, ImmutableArray<string> roles, bool definer)
    {
        Dataset = dataset;
        var all = dataset.Definition.Fields;
        var named = all.Where(f => definer || f.VisibleTo.Any(role => role == CompiledRule.EveryRole || roles.Contains(role))).ToArray();
        var viewed = all.Except(named).Select(f => dataset.FieldViews.TryGetValue(f.Name, out var views) ? RestrictedField.Of(f, views, role => roles.Contains(role)) : null).OfType<RestrictedField>().ToArray();
        viewed = [.. viewed, .. named.Where(f => f.Encrypted).Select(RestrictedField.Whole)];
        var visible = named.Where(f => !f.Encrypted).Concat(viewed.Where(r => r.IsPlain && !r.Field.Encrypted).Select(r => r.Field)).ToArray();
        Restricted = viewed.Where(r => !r.IsPlain || r.Field.Encrypted).ToFrozenDictionary(r => r.Field.Name, StringComparer.Ordinal);
        Fields = [.. visible.Select(f => new ViewField(f.Name, f.Type.ToPolicy(), f.Required)).OrderBy(f => f.Utf8Name.Length).ThenBy(f => f.Name, StringComparer.Ordinal)];
        Shown = Restricted.Count == 0 ? Fields : [.. Fields.Concat(Restricted.Values.Select(r => r.Shown)).OrderBy(f => f.Utf8Name.Length).ThenBy(f => f.Name, StringComparer.Ordinal)];
        _shownByName = Shown.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        Hidden = [.. all.Except(visible).Select(f => f.Name)];
        _opened = Restricted.Values.Where(r => r.IsPlain).ToFrozenDictionary(r => r.Field.Name, r => r.Shown, StringComparer.Ordinal);
        SeesAll = Hidden.Length == _opened.Count;
        HiddenRequired = all.Except(visible).Any(f => f.Required && !_opened.ContainsKey(f.Name));
        _byName = Fields.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);
        FilterSchema = PolicySchema.ForFilter(Fields.Concat(_opened.Values).Select(f => KeyValuePair.Create(f.Name, f.Type)));

        var byAction = Enum.GetValues<Action>().ToDictionary(a => a, a => dataset.Rules.Where(r => r.Speaks(a, role => roles.Contains(role))).ToArray());
        _conditions = byAction.ToFrozenDictionary(e => e.Key, e => PolicyExpression.AnyOf([.. e.Value.Select(r => r.Condition)]));
        _labels = byAction.ToFrozenDictionary(e => e.Key, e => string.Create(CultureInfo.InvariantCulture, $"{dataset.Version}:{string.Join(',', e.Value.Select(r => r.Number))}"));
        Definition = definer ? Whole(dataset) : Visible(dataset.Definition, visible, Restricted);
    }

    public CompiledDataset Dataset { get; }

    /// <summary>In the order in which jsonb writes keys: by length, then by bytes.</summary>
    public ImmutableArray<ViewField> Fields { get; }

    /// <summary>Fields that the caller sees on some rows only, or masked; in <see cref="Shown"/>, but not in <see cref="Fields"/>: they are read, and nothing else.</summary>
    public FrozenDictionary<string, RestrictedField> Restricted { get; }

    /// <summary>All that an answer may hold, in the order of <see cref="Fields"/>.</summary>
    public ImmutableArray<ViewField> Shown { get; }

    /// <summary>Names of all fields but <see cref="Fields"/>.</summary>
    public string[] Hidden { get; }

    /// <summary>Whether an item must have a value that the caller can't give.</summary>
    public bool HiddenRequired { get; }

    public bool SeesAll { get; }

    /// <summary>With encrypted fields, for <see cref="ItemFilter"/> alone: it says what becomes of them.</summary>
    public PolicySchema FilterSchema { get; }

    /// <summary>The dataset as GetDataset answers it.</summary>
    public Dataset Definition { get; }

    /// <summary>Which rows these callers may treat so.</summary>
    public PolicyExpression Condition(Action action) => _conditions[action];

    /// <summary>For the access log: version and numbers of the rules behind <see cref="Condition"/>.</summary>
    public string RuleLabel(Action action) => _labels[action];

    /// <summary>SQL, over the columns fields and owner, of what the caller sees. What is hidden does not leave the database; to be read through <see cref="Reveal"/>.</summary>
    public string VisibleFields(PolicyCaller caller, SqlParameters parameters)
    {
        if (Hidden.Length == 0) return "fields";
        var seen = $"fields - {parameters.Add(Hidden, PolicyType.TextList)}";
        if (Restricted.Count == 0) return seen;
        var restricted = Restricted.Values.OrderBy(r => r.Field.Name, StringComparer.Ordinal).Select(r => $"{SqlText.Quote(r.Field.Name)}, {r.Sql(caller, parameters)}");
        return $"(({seen}) || jsonb_strip_nulls(jsonb_build_object({string.Join(", ", restricted)})))";
    }

    /// <summary>What <see cref="VisibleFields"/> gave, as the caller sees it: decrypted, and masks applied.</summary>
    public byte[] Reveal(string item, byte[] fields)
    {
        if (Restricted.Count == 0) return fields;
        FieldCipher? cipher = null;
        using var document = JsonDocument.Parse(fields);
        var buffer = new ArrayBufferWriter<byte>(fields.Length);
        using (var writer = new Utf8JsonWriter(buffer, ItemValues.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                if (!Restricted.TryGetValue(property.Name, out var field))
                {
                    property.Value.WriteTo(writer);
                    continue;
                }

                var value = property.Value[1];
                if (field.Field.Encrypted) value = (cipher ??= Dataset.Cipher).Open(property.Name, item, ItemValues.ReadSealed(value));
                FieldMasks.Write(writer, field.Field, field.Cases[property.Value[0].GetInt32()].Mask, value, Dataset.Keys!.Anonymiser);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A field that the caller may name wherever fields are named: filter, order, group.</summary>
    public ViewField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>An encrypted field that the caller sees whole: they read and write it, and may filter by equality where it has an index.</summary>
    public ViewField? FindEncrypted(string name) => _opened.GetValueOrDefault(name);

    public ViewField? FindWritable(string name) => Find(name) ?? FindEncrypted(name);

    /// <summary>Of <see cref="FindWritable"/>, those that an item needs.</summary>
    public IEnumerable<string> RequiredNames => Fields.Concat(_opened.Values).Where(f => f.Required).Select(f => f.Name);

    /// <summary>A field that answers may hold.</summary>
    public ViewField? FindShown(string name) => _shownByName.GetValueOrDefault(name);

    private static Dataset Whole(CompiledDataset dataset)
    {
        var whole = dataset.Definition.Clone();
        whole.Etag = Etag(string.Create(CultureInfo.InvariantCulture, $"{dataset.Id}:{dataset.Version}"));
        return whole;
    }

    // No rules, no roles, no time of the last change: what changed may be something they don't see.
    private static Dataset Visible(Dataset definition, Field[] visible, FrozenDictionary<string, RestrictedField> restricted)
    {
        var seen = new Dataset
        {
            Name = definition.Name,
            Id = definition.Id,
            DisplayName = definition.DisplayName,
            Description = definition.Description,
            CreateTime = definition.CreateTime,
            Fields =
            {
                definition.Fields.Where(f => visible.Contains(f) || restricted.ContainsKey(f.Name)).Select(f => new Field
                {
                    Name = f.Name,
                    Type = f.Type,
                    Classification = f.Classification,
                    Required = f.Required,
                    Description = f.Description,
                    Encrypted = f.Encrypted,
                    EqualityIndex = f.EqualityIndex,
                    Restricted = restricted.TryGetValue(f.Name, out var one) && !one.IsPlain,
                    Searchable = f.Searchable && !restricted.ContainsKey(f.Name),
                }),
            },
        };
        seen.Etag = Etag(seen.ToString());
        return seen;
    }

    private static string Etag(string text) => Base64Url.EncodeToString(SHA256.HashData(ByteString.CopyFromUtf8(text).Span).AsSpan(0, 12));
}
