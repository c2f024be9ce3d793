using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Answers of one number.</summary>
internal static class Totals
{
    private const int MostListed = 10;

    public static Answer Count(Query query, List<Row> rows) =>
        new AnswerText()
            .Add($"There {(rows.Count == 1 ? "is" : "are")} {Noun.Counted(query.Table, rows.Count)}{AnswerText.Where(query.Filters)}.")
            .CiteAll(rows, AnswerText.Columns(query.Filters));

    public static Answer CountDistinct(Query query, List<Row> rows, Column column)
    {
        var values = Statistics.Distinct(column, rows).ToList();
        var listed = values.Count is > 0 and <= MostListed ? ": " + string.Join(", ", values.Select(v => AnswerText.Show(new Cell(v.Key)))) : "";
        var among = query.Filters.IsEmpty ? "" : $" among the {Noun.Many(query.Table)}{AnswerText.Where(query.Filters)}";
        return new AnswerText()
            .Add($"There {(values.Count == 1 ? "is 1 value" : $"are {NumberText.Exact(values.Count)} different values")} of {column.Label}{among}{listed}.")
            .CiteAll(values.Select(v => v.First().Row), [column, .. AnswerText.Columns(query.Filters)]);
    }

    public static Answer Aggregate(Query query, List<Row> rows, Aggregate aggregate)
    {
        var column = aggregate.Column;
        var with = rows.Where(r => r[column].Number is not null).ToList();
        var values = Statistics.Values(column, with);
        if (values.Count == 0)
            return new Answer($"No {Noun.One(query.Table)}{AnswerText.Where(query.Filters)} has a value for {column.Label}.", Answered: false);

        var text = new AnswerText();
        foreach (var function in aggregate.Functions)
        {
            var value = Statistics.Compute(function, values)!.Value;
            text.Add(text.ToString().Length == 0 ? "" : " ")
                .Add($"The {Phrases.Of(function)} {column.Label} of {Noun.Counted(query.Table, with.Count)}{AnswerText.Where(query.Filters)} is {Phrases.Value(function, value)}.");
            if (function is Function.Minimum or Function.Maximum && with.Find(r => r[column].Number == value) is { } row)
                text.Add($" ({AnswerText.Label(query.Table, row)}").Cite(row, query.Table.LabelColumn, column).Add(")");
        }

        if (with.Count < rows.Count)
            text.Add($" {Phrases.Capital(NumberText.Exact(rows.Count - with.Count))} more {(rows.Count - with.Count == 1 ? "has" : "have")} no value for it.");
        return text.CiteAll(with, [column, .. AnswerText.Columns(query.Filters)]);
    }

    public static Answer Share(Query query, List<Row> rows, Share share)
    {
        var all = query.Table.Rows.Count(r => share.Base.All(f => f.Matches(r)));
        if (all == 0)
            return new Answer($"There are no {Noun.Many(query.Table)}{AnswerText.Where(share.Base)}.", Answered: false);

        var conditions = query.Filters.Except(share.Base).ToList();
        return new AnswerText()
            .Add($"{NumberText.Percent(rows.Count, all)} of the {Noun.Many(query.Table)}{AnswerText.Where(share.Base)}: {NumberText.Exact(rows.Count)} of {NumberText.Exact(all)}, those{AnswerText.Where(conditions)}.")
            .CiteAll(rows, AnswerText.Columns(query.Filters));
    }
}
