using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Rows and values as they stand.</summary>
internal static class Lists
{
    private const int MostRows = 20;
    private const int MostValues = 60;

    public static Answer Distinct(Query query, List<Row> rows, Column column)
    {
        var values = Statistics.Distinct(column, rows).OrderByDescending(v => v.Count()).ThenBy(v => v.Key, StringComparer.OrdinalIgnoreCase).ToList();
        if (values.Count == 0)
            return None(query, column);

        var shown = string.Join(", ", values.Take(MostValues).Select(v => $"{AnswerText.Show(new Cell(v.Key))} ({NumberText.Exact(v.Count())})"));
        var more = values.Count > MostValues ? $" and {NumberText.Exact(values.Count - MostValues)} more" : "";
        return new AnswerText()
            .Add($"{Phrases.Capital(column.Label)}{(query.Filters.IsEmpty ? "" : $" of {Noun.Many(query.Table)}{AnswerText.Where(query.Filters)}")}, {NumberText.Exact(values.Count)} in all: {shown}{more}.")
            .CiteAll(values.Select(v => v.First().Row), [column, .. AnswerText.Columns(query.Filters)]);
    }

    public static Answer LookUp(Query query, List<Row> rows, ImmutableArray<Column> columns)
    {
        if (rows.Count == 0)
            return None(query, null);

        var asked = columns.Where(c => c != query.Table.LabelColumn || columns.Length == 1).ToList();
        if (asked is [var column] && rows is [var row])
            return One(query, row, column);

        var text = new AnswerText();
        foreach (var shown in rows.Take(MostRows))
        {
            var values = asked.Where(c => !shown[c].IsEmpty || asked.Count < query.Table.Columns.Length - 1).Select(c => $"{c.Label} {(shown[c].IsEmpty ? "unknown" : AnswerText.Show(shown[c]))}");
            text.Add(text.ToString().Length == 0 ? "" : "\n").Add($"{AnswerText.Label(query.Table, shown)}: {string.Join("; ", values)}.").Cite(shown, [query.Table.LabelColumn, .. asked]);
        }

        if (rows.Count > MostRows)
            text.Line($"… and {NumberText.Exact(rows.Count - MostRows)} more.");
        return new Answer(text.ToString(), rows.Exists(r => asked.Exists(c => !r[c].IsEmpty)));
    }

    private static Answer One(Query query, Row row, Column column)
    {
        var label = AnswerText.Label(query.Table, row);
        var known = !row[column].IsEmpty;
        var text = new AnswerText()
            .Add(known ? $"The {column.Label} of {label} is {AnswerText.Show(row[column])}." : $"The data gives no {column.Label} for {label}.")
            .Cite(row, [query.Table.LabelColumn, column, .. AnswerText.Columns(query.Filters)]);
        return new Answer(text.ToString(), known);
    }

    public static Answer Rows(Query query, List<Row> rows, ListRows list)
    {
        if (rows.Count == 0)
            return None(query, null);

        var table = query.Table;
        var columns = list.Projection.Where(c => c != table.LabelColumn).ToList();
        if (list.OrderBy is { } by)
        {
            rows = list.Descending ? [.. rows.OrderByDescending(r => r[by], CellOrder.Instance)] : [.. rows.OrderBy(r => r[by], CellOrder.Instance)];
            rows = [.. rows.Where(r => !r[by].IsEmpty), .. rows.Where(r => r[by].IsEmpty)];
            columns = [by, .. columns.Where(c => c != by)];
        }

        if (list.Limit is { } limit && limit < rows.Count)
            return Limited(query, rows, limit, columns);

        var order = list.OrderBy is null ? "" : $", by {list.OrderBy.Label}, {(list.Descending ? "highest" : "lowest")} first";
        var text = new AnswerText().Add($"{Phrases.Capital(Noun.Counted(table, rows.Count))}{AnswerText.Where(query.Filters)}{order}:");
        foreach (var row in rows.Take(MostRows))
            Item(text, query, row, columns);
        if (rows.Count > MostRows)
            text.Line($"… and {NumberText.Exact(rows.Count - MostRows)} more.").CiteAll(rows.Skip(MostRows), AnswerText.Columns(query.Filters));
        return text;
    }

    private static AnswerText Limited(Query query, List<Row> rows, int limit, List<Column> columns)
    {
        var text = new AnswerText().Add($"{NumberText.Exact(limit)} of {Noun.Counted(query.Table, rows.Count)}{AnswerText.Where(query.Filters)}:");
        foreach (var row in rows.Take(limit))
            Item(text, query, row, columns);
        return text;
    }

    private static void Item(AnswerText text, Query query, Row row, List<Column> columns)
    {
        var values = columns.Select(c => columns.Count == 1 && !row[c].IsEmpty ? AnswerText.Show(row[c]) : $"{c.Label} {(row[c].IsEmpty ? "unknown" : AnswerText.Show(row[c]))}").ToList();
        text.Line($"- {AnswerText.Label(query.Table, row)}{(values.Count == 0 ? "" : ": " + string.Join("; ", values))}")
            .Cite(row, [query.Table.LabelColumn, .. columns, .. AnswerText.Columns(query.Filters)]);
    }

    public static Answer Any(Query query, List<Row> rows)
    {
        var columns = AnswerText.Columns(query.Filters).Prepend(query.Table.LabelColumn).ToList();
        if (rows.Count > 0)
        {
            var text = new AnswerText().Add($"Yes: {Noun.Counted(query.Table, rows.Count)}{AnswerText.Where(query.Filters)}{(rows.Count > 3 ? ", for example " : ": ")}");
            foreach (var row in rows.Take(3))
                text.Add(row == rows[0] ? "" : "; ").Add(AnswerText.Label(query.Table, row)).Cite(row, columns);
            return text.Add(".");
        }

        var no = new AnswerText().Add($"No: there are no {Noun.Many(query.Table)}{AnswerText.Where(query.Filters)}.");
        if (query.Filters.FirstOrDefault(f => query.Table.LabelColumn is { } label && f.Columns.Contains(label)) is { } named
            && query.Table.Rows.FirstOrDefault(named.Matches) is { } instead)
        {
            foreach (var column in AnswerText.Columns(query.Filters).Distinct().Where(c => !named.Columns.Contains(c)))
                no.Add($" The {column.Label} of {AnswerText.Label(query.Table, instead)} is {(instead[column].IsEmpty ? "unknown" : AnswerText.Show(instead[column]))}.").Cite(instead, query.Table.LabelColumn, column);
        }

        return no;
    }

    private static Answer None(Query query, Column? column) =>
        new($"There are no {Noun.Many(query.Table)}{AnswerText.Where(query.Filters)}{(column is null ? "" : $" that have a value for {column.Label}")}.",
            // Words found in different rows were not what the question meant.
            Answered: !query.Filters.Any(f => f is ValueFilter { Negated: false } value && !value.Values[0].IsWhole));
}
