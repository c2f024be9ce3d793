using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Arithmetic over the values of rows.</summary>
internal static class Statistics
{
    private const double LargestDecimal = 1e20;

    /// <summary>The value of a measure over rows; null where no row has a value for it.</summary>
    public static double? Compute(Measure measure, IReadOnlyCollection<Row> rows) => measure switch
    {
        { Function: Function.Count } => rows.Count,
        { Function: Function.CountDistinct, Column: { } column } => Distinct(column, rows).Count(),
        { Column: { } column } => Compute(measure.Function, Values(column, rows)),
        _ => null,
    };

    public static List<double> Values(Column column, IEnumerable<Row> rows) =>
        [.. rows.Select(r => r[column].Number).OfType<double>()];

    public static double? Compute(Function function, List<double> values)
    {
        if (values.Count == 0)
            return null;
        return function switch
        {
            Function.Sum => Sum(values),
            Function.Average => Average(values),
            Function.Median => Median(values),
            Function.Minimum => values.Min(),
            Function.Maximum => values.Max(),
            _ => values.Count,
        };
    }

    /// <summary>Different values, lists taken apart, by the most frequent spelling first seen.</summary>
    public static IEnumerable<IGrouping<string, (string Part, Row Row)>> Distinct(Column column, IEnumerable<Row> rows) =>
        rows.SelectMany(r => r[column].Parts.Select(p => (Part: p.Trim(), Row: r))).GroupBy(p => p.Part, StringComparer.OrdinalIgnoreCase);

    // Decimal adds money without the dust of binary fractions; beyond its range doubles have to do.
    private static double Sum(List<double> values) =>
        values.Exists(v => Math.Abs(v) > LargestDecimal) ? values.Sum() : (double)values.Sum(v => (decimal)v);

    private static double Average(List<double> values) =>
        values.Exists(v => Math.Abs(v) > LargestDecimal) ? values.Average() : (double)(values.Sum(v => (decimal)v) / values.Count);

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (double)(((decimal)sorted[middle - 1] + (decimal)sorted[middle]) / 2);
    }
}
