using System.Collections.Immutable;
using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>An overview of rows by their fields, or the most telling sentences of a text field.</summary>
internal static partial class Summaries
{
    private const int Sentences = 3;
    private const int MostSentences = 2000;
    private const int MostFields = 12;

    public static Answer Write(Query query, List<Row> rows, Describe describe)
    {
        if (rows.Count == 0)
            return new Answer($"There are no {Noun.Many(query.Table)}{AnswerText.Where(query.Filters)} to summarise.", Answered: false);
        return describe.Text is { } text && !text.IsCategorical ? Extract(query, rows, text) : Overview(query, rows);
    }

    private static AnswerText Overview(Query query, List<Row> rows)
    {
        var text = new AnswerText().Add($"{Phrases.Capital(Noun.Counted(query.Table, rows.Count))}{AnswerText.Where(query.Filters)}.");
        foreach (var column in query.Table.Columns.Take(MostFields))
        {
            if (Line(column, rows) is { } line)
                text.Line($"- {line}");
        }

        return text.CiteAll(rows, query.Table.Columns.Take(MostFields));
    }

    private static string? Line(Column column, List<Row> rows)
    {
        if (column.Kind is ColumnKind.Number && Statistics.Values(column, rows) is { Count: > 0 } values)
            return $"{column.Label}: from {NumberText.Exact(values.Min())} to {NumberText.Exact(values.Max())}, average {NumberText.Rounded(Statistics.Compute(Function.Average, values)!.Value)}";

        var times = rows.Select(r => r[column].Time).OfType<DateTime>().ToList();
        if (times.Count > 0)
            return $"{column.Label}: from {times.Min():yyyy-MM-dd} to {times.Max():yyyy-MM-dd}";
        if (column.Kind is not (ColumnKind.Text or ColumnKind.Boolean))
            return null;

        var distinct = Statistics.Distinct(column, rows).OrderByDescending(g => g.Count()).ToList();
        if (distinct.Count == 0)
            return null;
        return column.IsCategorical
            ? $"{column.Label}: {NumberText.Exact(distinct.Count)} different, most often {string.Join(", ", distinct.Take(3).Select(g => $"{AnswerText.Show(new Cell(g.Key))} ({NumberText.Exact(g.Count())})"))}"
            : $"{column.Label}: {NumberText.Exact(distinct.Count)} different";
    }

    // Sentences whose words are frequent throughout say most about the whole; each is quoted as it stands, never rewritten.
    private static AnswerText Extract(Query query, List<Row> rows, Column column)
    {
        var sentences = rows
            .Where(r => !r[column].IsEmpty)
            .SelectMany(r => Split(r[column].Text!).Select(s => (Row: r, Text: s, Words: Content(s))))
            .Where(s => s.Words.Length > 0)
            .Take(MostSentences)
            .ToList();
        var frequency = sentences.SelectMany(s => s.Words.Distinct()).GroupBy(w => w, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        var chosen = sentences
            .Select((s, order) => (s.Row, s.Text, Order: order, Score: s.Words.Distinct().Sum(w => Math.Log(1 + frequency[w])) / Math.Sqrt(s.Words.Length + 4)))
            .DistinctBy(s => s.Text)
            .OrderByDescending(s => s.Score)
            .Take(Sentences)
            .OrderBy(s => s.Order)
            .ToList();

        var text = new AnswerText().Add($"From {column.Label} of {Noun.Counted(query.Table, rows.Count)}{AnswerText.Where(query.Filters)}:");
        foreach (var sentence in chosen)
            text.Line($"- {AnswerText.Show(new Cell(sentence.Text))}").Cite(sentence.Row, column);
        return text;
    }

    /// <summary>The most telling sentences of plain text, in their order.</summary>
    public static string Extract(string text)
    {
        var sentences = Split(text).Select(s => (Text: s, Words: Content(s))).Where(s => s.Words.Length > 0).ToList();
        var frequency = sentences.SelectMany(s => s.Words.Distinct()).GroupBy(w => w, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        return string.Join(' ', sentences
            .Select((s, order) => (s.Text, Order: order, Score: s.Words.Distinct().Sum(w => Math.Log(1 + frequency[w])) / Math.Sqrt(s.Words.Length + 4)))
            .OrderByDescending(s => s.Score)
            .Take(Sentences)
            .OrderBy(s => s.Order)
            .Select(s => s.Text));
    }

    private static IEnumerable<string> Split(string text) =>
        SentenceEnd().Split(text).Select(s => s.Trim()).Where(s => s.Length > 0);

    private static ImmutableArray<string> Content(string sentence) =>
        [.. Lexer.Words(sentence).Where(w => w.Folded.Length > 2 && !Vocabulary.TryGet(w.Folded, out _)).Select(w => w.Stem)];

    [GeneratedRegex(@"(?<=[.!?。])\s+|\n+", RegexOptions.None, 1000)]
    private static partial Regex SentenceEnd();
}
