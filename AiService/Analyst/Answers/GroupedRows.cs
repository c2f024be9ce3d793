using System.Globalization;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>A value for each group of rows, or the group with the greatest or least.</summary>
internal static class GroupedRows
{
    private const int MostGroups = 50;

    public static Answer Write(Query query, List<Row> rows, GroupRows operation)
    {
        var (table, measure) = (query.Table, operation.Measure);
        var groups = Groups(rows, operation);
        var name = string.Join(" and ", operation.Keys.Select(Name));
        if (groups.Count == 0)
            return new Answer($"There are no {Noun.Many(table)}{AnswerText.Where(query.Filters)} with values for {name}{(measure.Column is { } missing ? " and " + missing.Label : "")}.", Answered: false);

        var columns = operation.Keys.Select(k => k.Column).Append(measure.Column).Concat(AnswerText.Columns(query.Filters)).ToList();
        var text = new AnswerText();
        if (operation.OnlyCount)
        {
            return text.Add($"There {(groups.Count == 1 ? "is 1 value" : $"are {NumberText.Exact(groups.Count)} values")} of {name} with {Bounds(operation, table)}{AnswerText.Where(query.Filters)}.")
                .CiteAll(groups.Select(g => g.Rows[0]), columns);
        }

        if (operation.Ranking is { Limit: 1 } ranking)
            return Extreme(query, operation, groups, ranking, columns);

        var shown = groups.Take(operation.Ranking?.Limit ?? MostGroups).ToList();
        var heading = operation.Having is null ? $"{Phrases.Capital(Phrases.Of(measure, table))} by {name}" : $"{Phrases.Capital(name)} with {Bounds(operation, table)}";
        text.Add($"{heading}{(query.Filters.IsEmpty ? "" : $", for {Noun.Many(table)}{AnswerText.Where(query.Filters)}")}:");
        for (var i = 0; i < shown.Count; i++)
        {
            text.Line($"{(operation.Ranking?.Limit is null ? "-" : $"{i + 1}.")} {shown[i].Key}: {Phrases.Value(measure.Function, shown[i].Value)}");
            if (measure is { Function: Function.Minimum or Function.Maximum, Column: { } column } && shown[i].Rows.Find(r => r[column].Number == shown[i].Value) is { } row)
                text.Add($", {AnswerText.Label(table, row)}").Cite(row, columns.Prepend(table.LabelColumn));
        }

        if (operation.Ranking?.Limit is null && groups.Count > shown.Count)
            text.Line($"… and {groups.Count - shown.Count} more.");

        // A few rows of each group, so that every line has evidence.
        var each = Math.Max(1, AnswerText.MostRows / shown.Count);
        return text.CiteAll(shown.SelectMany(g => g.Rows.Take(each)), columns);
    }

    private static AnswerText Extreme(Query query, GroupRows operation, List<RowGroup> groups, Ranking ranking, List<Column?> columns)
    {
        var best = groups.TakeWhile(g => g.Value == groups[0].Value).ToList();
        var word = ranking.Descending ? "highest" : "lowest";
        var measure = Phrases.Of(operation.Measure, query.Table);
        return new AnswerText()
            .Add($"{string.Join(", ", best.Take(10).Select(g => g.Key))} {(best.Count == 1 ? "has" : "have")} the {word} {measure}{AnswerText.Where(query.Filters)}: {Phrases.Value(operation.Measure.Function, best[0].Value)}.")
            .CiteAll(best.SelectMany(g => g.Rows), columns);
    }

    private static List<RowGroup> Groups(List<Row> rows, GroupRows operation)
    {
        var groups = rows
            .SelectMany(r => Keys(r, operation.Keys).Select(k => (Key: k, Row: r)))
            .GroupBy(k => k.Key, k => k.Row, StringComparer.OrdinalIgnoreCase)
            .Select(g => (g.Key, Rows: g.ToList(), Value: Statistics.Compute(operation.Measure, [.. g])))
            .Where(g => g.Value is not null)
            .Where(g => operation.Having is not { } having || (g.Rows.Count >= having.Low && g.Rows.Count <= having.High))
            .Select(g => new RowGroup(g.Key, g.Rows, g.Value!.Value));

        // Times run forward; everything else is ordered by what was computed.
        if (operation.Ranking is null && operation.Keys[0].Column.Kind is ColumnKind.Time)
            return [.. groups.OrderBy(g => g.Key, StringComparer.Ordinal)];
        return operation.Ranking is { Descending: false }
            ? [.. groups.OrderBy(g => g.Value).ThenBy(g => g.Key, StringComparer.OrdinalIgnoreCase)]
            : [.. groups.OrderByDescending(g => g.Value).ThenBy(g => g.Key, StringComparer.OrdinalIgnoreCase)];
    }

    private static IEnumerable<string> Keys(Row row, IReadOnlyList<GroupKey> keys)
    {
        var first = Values(row, keys[0]);
        return keys.Count == 1 ? first : first.SelectMany(a => Values(row, keys[1]).Select(b => $"{a}, {b}"));
    }

    private static IEnumerable<string> Values(Row row, GroupKey key)
    {
        var cell = row[key.Column];
        if (cell.Time is { } time)
            return [Period(time, key.Granularity)];
        return cell.Number is not null ? [AnswerText.Show(cell)] : cell.Parts.Select(p => AnswerText.Show(new Cell(p))).Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private static string Period(DateTime time, Granularity granularity) => granularity switch
    {
        Granularity.Decade => $"{time.Year / 10 * 10}s",
        Granularity.Year => time.ToString("yyyy", CultureInfo.InvariantCulture),
        Granularity.Month => time.ToString("yyyy-MM", CultureInfo.InvariantCulture),
        _ => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static string Name(GroupKey key) => key.Granularity switch
    {
        Granularity.Year => $"year of {key.Column.Label}",
        Granularity.Month => $"month of {key.Column.Label}",
        Granularity.Decade => $"decade of {key.Column.Label}",
        _ => key.Column.Label,
    };

    private static string Bounds(GroupRows operation, Table table) => operation.Having switch
    {
        { High: double.PositiveInfinity } having => $"at least {Noun.Counted(table, having.Low)}",
        { Low: 0 } having => $"at most {Noun.Counted(table, having.High)}",
        { } having => $"{NumberText.Exact(having.Low)} to {Noun.Counted(table, having.High)}",
        null => Noun.Many(table),
    };

    private sealed record RowGroup(string Key, List<Row> Rows, double Value);
}
