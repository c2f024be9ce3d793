using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>
/// Text of an answer with its citation markers: "[r12:title,imdb_rating]" behind what one row says, and at the end
/// "[rows r1,r2:imdb_rating]" for rows that a computed value rests on.
/// </summary>
internal sealed partial class AnswerText
{
    /// <summary>Most rows in one marker of many rows.</summary>
    public const int MostRows = 50;

    private const int LongestValue = 300;

    private readonly StringBuilder _text = new();

    public AnswerText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    public AnswerText Line(string text) => Add("\n").Add(text);

    /// <summary>Cites one row.</summary>
    public AnswerText Cite(Row row, params IEnumerable<Column?> columns)
    {
        if (RowId().IsMatch(row.Id))
            _text.Append(CultureInfo.InvariantCulture, $" [{row.Id}{Names(columns)}]");
        return this;
    }

    /// <summary>Cites the rows, at most <see cref="MostRows"/> of them, that a computed value rests on.</summary>
    public AnswerText CiteAll(IEnumerable<Row> rows, params IEnumerable<Column?> columns)
    {
        var ids = rows.Select(r => r.Id).Where(id => RowId().IsMatch(id)).Distinct().Take(MostRows).ToList();
        if (ids.Count > 0)
            _text.Append(CultureInfo.InvariantCulture, $" [rows {string.Join(',', ids)}{Names(columns)}]");
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>A value as text: on one line, of bounded length, and never a marker of ours, whatever the data says.</summary>
    public static string Show(Cell cell)
    {
        if (cell.Number is { } number && cell.Text is not ("true" or "false"))
            return NumberText.Exact(number);

        var text = Whitespace().Replace(cell.Text ?? "", " ").Trim();
        text = Marker().Replace(text, "(${inside})");
        return text.Length <= LongestValue ? text : string.Concat(text.AsSpan(0, LongestValue), "…");
    }

    public static string Label(Table table, Row row) =>
        table.LabelColumn is { } label && !row[label].IsEmpty ? Show(row[label]) : string.Join(", ", table.Columns.Where(c => !row[c].IsEmpty).Take(3).Select(c => Show(row[c])));

    /// <summary>" with imdb rating over 8 and genre Drama", or nothing.</summary>
    public static string Where(IReadOnlyCollection<Filter> filters) =>
        filters.Count == 0 ? "" : " with " + Marker().Replace(string.Join(" and ", filters.Select(f => f.Describe())), "(${inside})");

    public static IEnumerable<Column> Columns(IEnumerable<Filter> filters) => filters.SelectMany(f => f.Columns);

    private static string Names(IEnumerable<Column?> columns)
    {
        var names = columns.OfType<Column>().Select(c => c.Name).Distinct().ToList();
        return names.Count == 0 ? "" : ":" + string.Join(',', names);
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Whitespace();

    [GeneratedRegex(@"\[(?<inside>\s*(rows?\b|r\d|no-answer)[^\]]*)\]?", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Marker();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}$", RegexOptions.None, 1000)]
    private static partial Regex RowId();
}
