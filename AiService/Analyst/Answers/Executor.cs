using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Computes a query and puts the result into words.</summary>
internal static class Executor
{
    public static Answer Run(Query query)
    {
        var rows = query.Table.Rows.Where(r => query.Filters.All(f => f.Matches(r))).ToList();
        var answer = query.Operation switch
        {
            CountRows => Totals.Count(query, rows),
            CountDistinct distinct => Totals.CountDistinct(query, rows, distinct.Column),
            Aggregate aggregate => Totals.Aggregate(query, rows, aggregate),
            Share share => Totals.Share(query, rows, share),
            ExtremeRows extreme => RankedRows.Write(query, rows, extreme),
            GroupRows group => GroupedRows.Write(query, rows, group),
            DistinctValues distinct => Lists.Distinct(query, rows, distinct.Column),
            LookUp lookUp => Lists.LookUp(query, rows, lookUp.Columns),
            ListRows list => Lists.Rows(query, rows, list),
            AnyRows => Lists.Any(query, rows),
            Describe describe => Summaries.Write(query, rows, describe),
            _ => throw new InvalidOperationException($"No writer for {query.Operation.GetType().Name}."),
        };
        return answer with { Text = answer.Text + Phrases.Partial(query.Table) };
    }
}
