using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads times that stand without a comparison: "in 1999", "the 1990s", "March 2005", "in the last 24 hours", and numbers that a field equals.</summary>
internal static class Periods
{
    public static void Read(Reading reading, DateTime now)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i].Used)
                continue;
            if (reading.Elements[i] is PeriodElement)
                ReadOperand(reading, i);
            else if (reading.Elements[i] is NumberElement number)
                ReadNumber(reading, i, number);
            else if (reading.RoleAt(i) is Role.Last)
                ReadLast(reading, i, now);
        }
    }

    private static void ReadOperand(Reading reading, int index)
    {
        var operand = Operand.At(reading, index)!;
        var comparison = new Comparison(index, index, operand, operand, Role.In, null);
        if (Beside(reading, index, comparison) is not { } column)
            return;
        reading.Elements[index].Used = true;
        reading.Add(column.Kind is ColumnKind.Time ? comparison.OfTime(column) : comparison.OfNumber(column, 1, negated: false), index);
    }

    // The mention may be beyond "in", "from" or "during"; these are no skippable words elsewhere.
    private static Column? Beside(Reading reading, int index, Comparison comparison)
    {
        var before = reading.Previous(index);
        while (reading.RoleAt(before) is Role.In or Role.From or Role.Period or Role.When)
            before = reading.Previous(before);
        return FieldOf.Comparison(reading, comparison with { Start = before + 1 });
    }

    private static void ReadNumber(Reading reading, int index, NumberElement number)
    {
        // "top 5", "5 longest": a limit, which the superlative takes.
        if (IsLimit(reading, index))
            return;

        var before = reading.Previous(index);
        var equals = reading.At(before) is FieldElement mention && mention.Candidates.Any(c => c.Kind is ColumnKind.Number && (!number.IsYear || c.Largest >= number.Value))
            && reading.At(index - 1) is not RoleElement { Role: Role.In };
        if (!equals && number.IsYear && FieldOf.Year(reading) is not null)
        {
            ReadOperand(reading, index);
            return;
        }

        if (!equals)
            return;

        var column = reading.Resolve((FieldElement)reading.Elements[before], c => c.Kind is ColumnKind.Number)!;
        reading.Use(before, index);
        reading.Add(new NumberFilter(column, number.Value, true, number.Value, true), index);
    }

    public static bool IsLimit(Reading reading, int index) =>
        IsSuperlative(reading, index - 1) || IsSuperlative(reading, index + 1)
        || (reading.At(index + 1) is RowsElement or ValueElement && reading.RoleAt(index - 1) is Role.List or Role.Filler or Role.Which && index <= 2);

    private static bool IsSuperlative(Reading reading, int index) =>
        reading.At(index) is RoleElement { Used: false } element
        && (element.Role is Role.Top or Role.Bottom or Role.Highest or Role.Lowest or Role.Common or Role.Rare || element.Hint is { Degree: HintDegree.Superlative });

    private static void ReadLast(Reading reading, int index, DateTime now)
    {
        var next = reading.Next(index);
        var count = 1.0;
        if (reading.At(next) is NumberElement number)
        {
            count = number.Value;
            next++;
        }

        if (reading.At(next) is not RoleElement { Role: Role.Unit or Role.Period } unit || Span(unit.Words[0].Singular, count) is not { } span)
            return;
        if (reading.Choose([.. reading.Table.Columns.Where(c => c.Kind is ColumnKind.Time)]) is not { } column)
            return;

        reading.Use(index, next);
        reading.Add(new TimeFilter(column, now - span, DateTime.MaxValue), index);
    }

    private static TimeSpan? Span(string unit, double count) => count is < 0 or > 10_000 ? null : unit switch
    {
        "minute" or "min" => TimeSpan.FromMinutes(count),
        "hour" or "hr" => TimeSpan.FromHours(count),
        "day" => TimeSpan.FromDays(count),
        "week" => TimeSpan.FromDays(7 * count),
        "month" => TimeSpan.FromDays(30 * count),
        "year" => TimeSpan.FromDays(365 * count),
        _ => null,
    };
}
