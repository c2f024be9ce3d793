using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Answers;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>A condition on rows. A row without the value meets none, negated or not.</summary>
internal abstract record Filter(ImmutableArray<Column> Columns)
{
    public abstract bool Matches(Row row);

    /// <summary>For people, to follow "with": "imdb rating over 8".</summary>
    public abstract string Describe();
}

/// <summary>Numbers between two bounds.</summary>
internal sealed record NumberFilter(Column Column, double Low, bool LowInclusive, double High, bool HighInclusive, bool Negated = false) : Filter([Column])
{
    public override bool Matches(Row row) => row[Column].Number is { } number && IsInside(number) != Negated;

    private bool IsInside(double number) =>
        (LowInclusive ? number >= Low : number > Low) && (HighInclusive ? number <= High : number < High);

    public override string Describe()
    {
        var (low, high) = (NumberText.Exact(Low), NumberText.Exact(High));
        var range = (double.IsNegativeInfinity(Low), double.IsPositiveInfinity(High)) switch
        {
            (true, _) => $"{(HighInclusive ? "at most" : "under")} {high}",
            (_, true) => $"{(LowInclusive ? "at least" : "over")} {low}",
            _ when Low == High => low,
            _ => $"between {low} and {high}",
        };
        return $"{Column.Label} {(Negated ? "not " : "")}{range}";
    }
}

/// <summary>Times from <paramref name="From"/> inclusive to <paramref name="To"/> exclusive.</summary>
internal sealed record TimeFilter(Column Column, DateTime From, DateTime To) : Filter([Column])
{
    public override bool Matches(Row row) => row[Column].Time is { } time && time >= From && time < To;

    public override string Describe() => (From == DateTime.MinValue, To == DateTime.MaxValue) switch
    {
        (true, _) => $"{Column.Label} before {TimeDescription.Of(To)}",
        (_, true) => $"{Column.Label} from {TimeDescription.Of(From)} on",
        _ => $"{Column.Label} {TimeDescription.Range(From, To)}",
    };
}

/// <summary>Text values: any of <paramref name="Values"/> (all of them where <paramref name="All"/>), in any of the columns.</summary>
internal sealed record ValueFilter(ImmutableArray<Column> Columns, ImmutableArray<ValueMatch> Values, bool All, bool Negated) : Filter(Columns)
{
    public override bool Matches(Row row)
    {
        if (Columns.All(c => row[c].IsEmpty))
            return false;

        var found = All ? Values.All(v => Has(row, v)) : Values.Any(v => Has(row, v));
        return found != Negated;
    }

    private bool Has(Row row, ValueMatch value)
    {
        foreach (var column in Columns)
        {
            foreach (var part in row[column].Parts)
            {
                var key = ValueIndex.Key(part);
                if (value.IsWhole ? key == value.Key : $" {key} ".Contains($" {value.Key} ", StringComparison.Ordinal))
                    return true;
            }
        }

        return false;
    }

    public override string Describe()
    {
        var labels = string.Join(" or ", Columns.Select(c => c.Label));
        var values = string.Join(All ? " and " : " or ", Values.Select(v => v.Display).Distinct());
        return Values[0].IsWhole ? $"{labels} {(Negated ? "other than " : "")}{values}" : $"{labels} {(Negated ? "not " : "")}mentioning {values}";
    }
}

/// <summary>Whether there is a value at all.</summary>
internal sealed record PresenceFilter(Column Column, bool Present) : Filter([Column])
{
    public override bool Matches(Row row) => !row[Column].IsEmpty == Present;

    public override string Describe() => $"{(Present ? "a" : "no")} value for {Column.Label}";
}

internal sealed record FlagFilter(Column Column, bool Value) : Filter([Column])
{
    public override bool Matches(Row row) => row[Column].Number is { } flag && flag != 0 == Value;

    public override string Describe() => $"{Column.Label} {(Value ? "true" : "false")}";
}
