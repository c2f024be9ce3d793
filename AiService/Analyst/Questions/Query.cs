using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>A question as it was understood: what to compute, over which rows.</summary>
internal sealed record Query(Table Table, Operation Operation, ImmutableArray<Filter> Filters);

internal enum Function
{
    Count,
    CountDistinct,
    Sum,
    Average,
    Median,
    Minimum,
    Maximum,
}

/// <summary>What is computed of rows; the column is null only for <see cref="Function.Count"/>.</summary>
internal sealed record Measure(Function Function, Column? Column);

internal enum Granularity
{
    Value,
    Day,
    Month,
    Year,
    Decade,
}

/// <summary>What rows are grouped by.</summary>
internal sealed record GroupKey(Column Column, Granularity Granularity);

/// <summary>Order of results and how many of them; no limit where null.</summary>
internal sealed record Ranking(bool Descending, int? Limit);

/// <summary>Bounds for the number of rows of a group.</summary>
internal sealed record Having(double Low, double High);

internal abstract record Operation;

internal sealed record CountRows : Operation;

internal sealed record CountDistinct(Column Column) : Operation;

internal sealed record Aggregate(ImmutableArray<Function> Functions, Column Column) : Operation;

/// <summary>The rows with the greatest or least value. Limit null: the first with all that tie with it.</summary>
internal sealed record ExtremeRows(Column By, Ranking Ranking, ImmutableArray<Column> Projection) : Operation;

internal sealed record GroupRows(ImmutableArray<GroupKey> Keys, Measure Measure, Ranking? Ranking, Having? Having, bool OnlyCount = false) : Operation;

internal sealed record DistinctValues(Column Column) : Operation;

/// <summary>Values of few rows.</summary>
internal sealed record LookUp(ImmutableArray<Column> Columns) : Operation;

internal sealed record ListRows(ImmutableArray<Column> Projection, Column? OrderBy, bool Descending, int? Limit = null) : Operation;

/// <summary>Yes or no.</summary>
internal sealed record AnyRows : Operation;

/// <summary>Which part of the rows under <paramref name="Base"/> also meets the query's filters.</summary>
internal sealed record Share(ImmutableArray<Filter> Base) : Operation;

/// <summary>Summary of the rows, or of the text in one column.</summary>
internal sealed record Describe(Column? Text) : Operation;
