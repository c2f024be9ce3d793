using System.Globalization;

namespace AiMesh.DataService.Tests.NonInterference;

/// <summary>What requests are made of: names that are visible, hidden or made up, values that stand in rows or do not, filters, orders, masks.</summary>
internal sealed class Words(Random random)
{
    private static readonly string[] Texts = ["sales", "n1*", "*a*", "vaulta", "ü", "", "😀", "a\"b", "row-02", "x\\", "%", "_", "2026-01-05T10:00:00Z", "2015-03-11", "null"];
    private static readonly string[] Operators = ["=", "!=", "<", "<=", ">", ">=", ":"];

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    public bool Chance(int percent) => random.Next(100) < percent;

    /// <summary>Mostly of a visible field; else of a hidden one, or of none.</summary>
    public string Name() => random.Next(30) switch
    {
        0 or 1 => Pick(Scene.Hidden),
        2 => Pick("salery", "nam", "owner", "id", "version", "user.id", "row.owner", "fields", "name.x", "Ünder", "a b", "'", "tags[0]"),
        _ => Pick(Scene.Visible),
    };

    /// <summary>Of the type that most fields of the name take, or of none.</summary>
    public string Value(string name) => Chance(4) ? Literal() : name switch
    {
        "grade" or "salary" => Number(-1, 9000),
        "rating" or "score" => Pick("0", "1.5", "9.9", "1e300", "-1e-9", "5"),
        "active" => Pick("true", "false"),
        "joined" => Pick("2015-03-11", "2020-01-10", "\"2026-01-01\""),
        "seen" or "left_at" => Pick("\"2026-01-05T10:00:00Z\"", "\"2026-01-05T10:00:00.5+02:00\"", "\"2026-02-01T00:00:00Z\""),
        _ => $"\"{Pick(Texts).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
    };

    public string Literal() => Pick("*", "1", "\"", "99999999999999999999", "NaN", "-", "()", "\"a", "true", "null", "'x'", "\0", "1 2", "2026-13-41");

    public string Filter(int depth = 0) => random.Next(depth > 0 ? 5 : 9) switch
    {
        0 or 1 => Comparison(),
        2 => $"{Filter(depth + 1)} AND {Filter(depth + 1)}",
        3 => $"({Filter(depth + 1)} OR {Filter(depth + 1)})",
        4 => $"{Pick("NOT ", "-")}{Comparison()}",
        5 or 6 or 7 => "",
        _ => Chance(85) ? Comparison() : Pick(" ", "AND", "(", "name", "name = ", "= 1", "name = 'x' x", new string('(', 500), "name = " + new string('x', 5000), "a OR", "1 = 1", "name:*:*", "\u0000"),
    };

    public string OrderBy() => string.Join(", ", Enumerable.Range(0, random.Next(4)).Select(_ => $"{Name()}{Pick("", "", " desc", " asc", Chance(10) ? " DESC NULLS FIRST" : "")}"));

    public IEnumerable<string> Mask() => Chance(60) ? [] : Enumerable.Range(0, random.Next(1, 4)).Select(_ => Chance(20) ? $"fields.{Name()}" : Name());

    public string Number(int from, int to) => random.Next(from, to).ToString(CultureInfo.InvariantCulture);

    private string Comparison()
    {
        var name = Name();
        return Chance(20) ? $"{name}:*" : $"{name} {Pick(Operators)} {Value(name)}";
    }
}
