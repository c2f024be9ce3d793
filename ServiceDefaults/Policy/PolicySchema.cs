using System.Collections.Frozen;
using System.Collections.Immutable;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// The names that a filter or rule may use. A filter gets only the fields its caller sees: what is not in here is unknown,
/// whether it is hidden or does not exist.
/// </summary>
public sealed class PolicySchema
{
    private readonly FrozenDictionary<string, PolicyType> _fields;
    private readonly FrozenDictionary<string, ImmutableArray<string>> _choices;

    private PolicySchema(
        IEnumerable<KeyValuePair<string, PolicyType>> fields, bool attributes, bool rows, IEnumerable<KeyValuePair<string, ImmutableArray<string>>> choices)
    {
        _fields = fields.ToFrozenDictionary(StringComparer.Ordinal);
        _choices = choices.ToFrozenDictionary(StringComparer.Ordinal);
        AllowsAttributes = attributes;
        HasRows = rows;
    }

    /// <summary>Whether <c>user.id</c>, <c>user.organisation</c> and <c>user.attributes.*</c> may be used.</summary>
    public bool AllowsAttributes { get; }

    /// <summary>Whether expressions are about rows, so that <c>row.owner</c> may be used with the attributes. Otherwise they are about calls.</summary>
    public bool HasRows { get; }

    /// <summary>Schema of a caller's filter: the given fields and nothing else.</summary>
    public static PolicySchema ForFilter(IEnumerable<KeyValuePair<string, PolicyType>> visibleFields) => new(visibleFields, attributes: false, rows: true, []);

    /// <summary>Schema of a row rule: all fields of the dataset, and attributes of caller and row.</summary>
    public static PolicySchema ForRule(IEnumerable<KeyValuePair<string, PolicyType>> allFields) => new(allFields, attributes: true, rows: true, []);

    /// <summary>
    /// Schema of a condition about a call: the given names and attributes of the caller. Nobody looks at what such a condition lets through, so it
    /// is checked more strictly: attributes must be spelled as users can have them, and a name where a value is expected must be quoted.
    /// </summary>
    /// <param name="names">What is known of a call.</param>
    /// <param name="choices">Of names of text: all values that there are; others are refused, and so is ordering.</param>
    public static PolicySchema ForCall(
        IEnumerable<KeyValuePair<string, PolicyType>> names, IEnumerable<KeyValuePair<string, ImmutableArray<string>>> choices) =>
        new(names, attributes: true, rows: false, choices);

    /// <summary>The only values that a name can have; empty where any can be.</summary>
    internal ImmutableArray<string> ChoicesOf(string name) => _choices.GetValueOrDefault(name, []);

    internal bool TryGet(string name, out PolicyType type) => _fields.TryGetValue(name, out type);
}
