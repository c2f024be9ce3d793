using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.ServiceDefaults.Tests.Policy;

/// <summary>Rules, rows and callers out of few values, so that they meet often; among them what trips escaping and ordering.</summary>
internal sealed class RandomPolicies(int seed)
{
    public static readonly KeyValuePair<string, PolicyType>[] Fields =
    [
        new("title", PolicyType.Text), new("note", PolicyType.Text), new("size", PolicyType.WholeNumber), new("rating", PolicyType.Number),
        new("done", PolicyType.Boolean), new("made", PolicyType.Timestamp), new("day", PolicyType.Date), new("tags", PolicyType.TextList),
    ];

    private static readonly string[] Texts =
    [
        "", "a", "A", "ab", "b", "é", "e\u0301", "\uE000", "\uFFFD", "😀", "😀a", "%", "100%", "a_b", "axb", @"\", @"a\b", "'", "it's", "\"", "*", "true", "1", "u1", "north",
        "'; DROP TABLE items; --", "\n", " ",
    ];

    private static readonly long[] Wholes = [0, 1, -1, 42, long.MaxValue, long.MinValue, 9007199254740993];
    private static readonly double[] Numbers = [0, 0.1, -0.1, 1, 0.30000000000000004, double.MaxValue, double.Epsilon, -1e-300, 1e22];
    private static readonly string[] Times = ["2026-11-21T10:00:00.000000Z", "2026-11-21T10:00:00.000001Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"];
    private static readonly string[] Days = ["2026-11-21", "2026-11-22", "0001-01-01"];
    private static readonly string[] Attributes = ["user.id", "user.organisation", "user.attributes.region", "user.attributes.it-s", "user.attributes.none"];

    private readonly Random _random = new(seed);

    public PolicyRow Row()
    {
        var values = new Dictionary<string, object>();
        foreach (var (name, type) in Fields)
        {
            if (_random.Next(4) > 0) values.Add(name, Value(type));
        }

        return new PolicyRow(values, Pick("u1", "u2", "north"));
    }

    public PolicyCaller Caller()
    {
        var attributes = new Dictionary<string, string>();
        if (_random.Next(3) > 0) attributes.Add("region", Pick(Texts));
        if (_random.Next(3) > 0) attributes.Add("it-s", Pick(Texts));
        return new PolicyCaller(Pick("u1", "u2", ""), Pick("north", "o1", ""), attributes);
    }

    public string Rule(int depth = 3) => (depth > 0 ? _random.Next(6) : 5) switch
    {
        0 => $"({Rule(depth - 1)} AND {Rule(depth - 1)})",
        1 => $"({Rule(depth - 1)} OR {Rule(depth - 1)})",
        2 => $"NOT ({Rule(depth - 1)})",
        3 => $"-({Rule(depth - 1)} {Rule(depth - 1)})",
        4 => $"{Rule(0)} OR {Rule(0)} AND {Rule(0)}",
        _ => Comparison(),
    };

    private string Comparison()
    {
        var (name, type) = Pick(Fields);
        if (_random.Next(8) == 0) (name, type) = (Pick([.. Attributes, "row.owner"]), PolicyType.Text);
        if (_random.Next(8) == 0) return $"{Pick("", "-", "NOT ")}{name}:*";
        if (type == PolicyType.Text && _random.Next(4) == 0) return $"{name} {Pick("=", "!=", "<", ">=")} {Pick(Attributes)}";
        if (type == PolicyType.TextList) return _random.Next(4) == 0 ? $"{name}:{Pick(Attributes)}" : $"{Pick("", "-")}{name}:{Quoted(wildcards: true)}";
        if (type == PolicyType.Boolean) return $"{name} {Pick("=", "!=")} {Pick("true", "false")}";
        var op = Pick("=", "!=", "<", "<=", ">", ">=", ":");
        return type == PolicyType.Text ? $"{name} {op} {Quoted(wildcards: op is "=" or "!=" or ":")}" : $"{name} {op} {Pick(Literals(type))}";
    }

    private string Quoted(bool wildcards)
    {
        var text = Pick(Texts).Replace(@"\", @"\\").Replace("\"", "\\\"").Replace("*", "\\*");
        return wildcards && _random.Next(2) == 0 ? $"\"{Pick("*", "")}{text}{Pick("*", "")}\"" : $"\"{text}\"";
    }

    private static string[] Literals(PolicyType type) => type switch
    {
        PolicyType.WholeNumber => [.. Wholes.Select(v => FormattableString.Invariant($"{v}"))],
        PolicyType.Number => [.. Numbers.Select(v => FormattableString.Invariant($"{v:R}"))],
        PolicyType.Timestamp => Times,
        _ => Days,
    };

    private object Value(PolicyType type) => type switch
    {
        PolicyType.Text => Pick(Texts),
        PolicyType.WholeNumber => Pick(Wholes),
        PolicyType.Number => Pick(Numbers),
        PolicyType.Boolean => _random.Next(2) == 0,
        PolicyType.Timestamp => Pick(Times),
        PolicyType.Date => Pick(Days),
        _ => Enumerable.Range(0, _random.Next(3)).Select(_ => Pick(Texts)).ToImmutableArray(),
    };

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
