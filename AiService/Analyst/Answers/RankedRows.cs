using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>The highest, the latest, the top five.</summary>
internal static class RankedRows
{
    private const int MostTies = 10;

    public static Answer Write(Query query, List<Row> rows, ExtremeRows extreme)
    {
        var (table, by) = (query.Table, extreme.By);
        var with = rows.Where(r => !r[by].IsEmpty).ToList();
        if (with.Count == 0)
            return new Answer($"No {Noun.One(table)}{AnswerText.Where(query.Filters)} has a value for {by.Label}.", Answered: false);

        var ordered = (extreme.Ranking.Descending ? with.OrderByDescending(r => Key(r[by])) : with.OrderBy(r => Key(r[by]))).ToList();
        var text = extreme.Ranking.Limit is { } limit and not 1 ? Top(query, extreme, ordered, limit) : One(query, extreme, ordered);

        // Where few rows were named, those that could not take part are part of the answer.
        var without = rows.Where(r => r[by].IsEmpty).ToList();
        if (without.Count > 0 && rows.Count <= MostTies)
            text.Add($" There is no {by.Label} for {string.Join(", ", without.Select(r => AnswerText.Label(table, r)))}.");
        return text;
    }

    private static AnswerText One(Query query, ExtremeRows extreme, List<Row> ordered)
    {
        var (table, by) = (query.Table, extreme.By);
        var best = ordered[0][by];
        var ties = ordered.TakeWhile(r => Key(r[by]) == Key(best)).ToList();
        var text = new AnswerText()
            .Add($"The {Phrases.Superlative(by, extreme.Ranking.Descending)} {by.Label} of {Noun.Counted(table, ordered.Count)}{AnswerText.Where(query.Filters)} is {AnswerText.Show(best)}: ");
        for (var i = 0; i < Math.Min(ties.Count, MostTies); i++)
            text.Add(i == 0 ? "" : "; ").Add(Shown(table, ties[i], extreme)).Cite(ties[i], Used(query, extreme));
        return text.Add(ties.Count > MostTies ? $" and {ties.Count - MostTies} more with the same value." : ".");
    }

    private static AnswerText Top(Query query, ExtremeRows extreme, List<Row> ordered, int limit)
    {
        var (table, by) = (query.Table, extreme.By);
        var shown = ordered.Take(limit).ToList();
        var text = new AnswerText()
            .Add($"The {Noun.Counted(table, shown.Count)}{AnswerText.Where(query.Filters)} with the {Phrases.Superlative(by, extreme.Ranking.Descending)} {by.Label}:");
        for (var i = 0; i < shown.Count; i++)
            text.Line($"{i + 1}. {Shown(table, shown[i], extreme)}: {AnswerText.Show(shown[i][by])}").Cite(shown[i], Used(query, extreme));
        return text;
    }

    private static string Shown(Table table, Row row, ExtremeRows extreme)
    {
        var more = extreme.Projection.Where(c => c != table.LabelColumn).Select(c => $"{c.Label} {(row[c].IsEmpty ? "unknown" : AnswerText.Show(row[c]))}").ToList();
        return AnswerText.Label(table, row) + (more.Count == 0 ? "" : $" ({string.Join(", ", more)})");
    }

    private static IEnumerable<Column?> Used(Query query, ExtremeRows extreme) =>
        [query.Table.LabelColumn, extreme.By, .. extreme.Projection, .. AnswerText.Columns(query.Filters)];

    private static double Key(Cell cell) => cell.Time?.Ticks ?? cell.Number ?? 0;
}
