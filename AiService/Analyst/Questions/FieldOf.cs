using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Finds the field that a comparison of the question speaks of.</summary>
internal static class FieldOf
{
    public static Column? Comparison(Reading reading, Comparison comparison)
    {
        var yearly = reading.Table.Columns.Where(IsYearly).ToList();
        bool Fits(Column column) => column.Kind switch
        {
            ColumnKind.Time => comparison.MayBeTime,
            ColumnKind.Number => comparison.MayBeNumber && column.Largest >= comparison.Reach
                && (!comparison.IsTemporal || !comparison.MayBeTime || yearly.Count == 0 || yearly.Contains(column)),
            _ => false,
        };

        if (Beside(reading, reading.Previous(comparison.Start), Fits) is { } before)
            return before;
        if (Beside(reading, reading.Next(comparison.End), Fits) is { } after)
            return after;
        if (comparison.Hint?.Columns(reading.Table).Where(Fits).ToList() is { Count: > 0 } hinted)
            return reading.Choose(hinted);
        if (OfUnit(reading, comparison.End).Where(Fits).ToList() is { Count: > 0 } measured)
            return reading.Choose(measured);
        if (Earlier(reading, comparison.Start, Fits) is { } earlier)
            return earlier;
        if (comparison.MayBeTime && yearly.Where(Fits).ToList() is { Count: > 0 } years)
            return reading.Choose(years);

        var columns = reading.Table.Columns.Where(Fits).ToList();
        return columns.Count == 1 && !comparison.MayBeTime ? columns[0] : null;
    }

    /// <summary>The only field that a year can be about, or by choice one of several; null when there is none.</summary>
    public static Column? Year(Reading reading) => reading.Choose([.. reading.Table.Columns.Where(IsYearly)]);

    private static bool IsYearly(Column column) =>
        column.Kind is ColumnKind.Time || (column.Kind is ColumnKind.Number && column.Words.Any(w => w.Folded is "year" or "yr"));

    // "over 150 minutes" can only be about a length.
    private static IEnumerable<Column> OfUnit(Reading reading, int end) =>
        reading.At(end + 1) is RoleElement { Role: Role.Unit } unit && unit.Words[0].Stem is "minut" or "min" or "hour" or "hr" && Hint.TryGet("long", out var hint)
            ? hint.Columns(reading.Table)
            : [];

    private static Column? Beside(Reading reading, int index, Func<Column, bool> fits)
    {
        // "rated not over 8": the negation stands between.
        if (reading.RoleAt(index) is Role.Not)
            index = reading.Previous(index);
        return reading.At(index) is FieldElement field && reading.Resolve(field, fits) is { } column ? Taken(field, column) : null;
    }

    // "imdb rating over 6 and under 8": the nearest mention before, used or not.
    private static Column? Earlier(Reading reading, int start, Func<Column, bool> fits)
    {
        for (var i = start - 1; i >= 0; i--)
        {
            if (reading.Elements[i] is FieldElement field && reading.Resolve(field, fits) is { } column)
                return Taken(field, column);
            if (reading.Elements[i] is RoleElement { Role: Role.Average or Role.Highest or Role.Lowest or Role.Sum or Role.Per or Role.Top })
                return null;
        }

        return null;
    }

    private static Column Taken(FieldElement field, Column column)
    {
        field.Used = true;
        return column;
    }
}
