using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

internal static class Phrases
{
    /// <summary>"average imdb rating", "number of movies".</summary>
    public static string Of(Measure measure, Table table) => measure switch
    {
        { Column: null } => $"number of {Noun.Many(table)}",
        { Function: Function.CountDistinct, Column: var column } => $"number of different values of {column.Label}",
        { Column: var column } => $"{Of(measure.Function)} {column.Label}",
    };

    public static string Of(Function function) => function switch
    {
        Function.Sum => "total",
        Function.Average => "average",
        Function.Median => "median",
        Function.Minimum => "lowest",
        Function.Maximum => "highest",
        _ => "number of",
    };

    public static string Superlative(Column column, bool descending) =>
        column.Kind is ColumnKind.Time ? descending ? "latest" : "earliest" : descending ? "highest" : "lowest";

    /// <summary>A computed value: counts, sums and extremes are exact, averages are rounded.</summary>
    public static string Value(Function function, double value) =>
        function is Function.Average or Function.Median ? NumberText.Rounded(value) : NumberText.Exact(value);

    public static string Partial(Table table) => table.IsPartial
        ? $" (I was given {NumberText.Exact(table.Rows.Length)} of {NumberText.Exact(table.TotalRows)} rows.)"
        : "";

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
