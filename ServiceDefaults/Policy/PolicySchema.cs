using System.Collections.Frozen;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// The names that a filter or rule may use. A filter gets only the fields its caller sees: what is not in here is unknown,
/// whether it is hidden or does not exist.
/// </summary>
public sealed class PolicySchema
{
    private readonly FrozenDictionary<string, PolicyType> _fields;

    private PolicySchema(IEnumerable<KeyValuePair<string, PolicyType>> fields, bool attributes)
    {
        _fields = fields.ToFrozenDictionary(StringComparer.Ordinal);
        AllowsAttributes = attributes;
    }

    /// <summary>Whether <c>user.id</c>, <c>user.organisation</c>, <c>user.attributes.*</c> and <c>row.owner</c> may be used.</summary>
    public bool AllowsAttributes { get; }

    /// <summary>Schema of a caller's filter: the given fields and nothing else.</summary>
    public static PolicySchema ForFilter(IEnumerable<KeyValuePair<string, PolicyType>> visibleFields) => new(visibleFields, attributes: false);

    /// <summary>Schema of a row rule: all fields of the dataset, and attributes of caller and row.</summary>
    public static PolicySchema ForRule(IEnumerable<KeyValuePair<string, PolicyType>> allFields) => new(allFields, attributes: true);

    internal bool TryGet(string name, out PolicyType type) => _fields.TryGetValue(name, out type);
}
