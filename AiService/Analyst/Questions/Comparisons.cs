using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads "over 8", "between 50 and 100", "since 2005", "8 or more" and the like, and finds the field each speaks of.</summary>
internal static class Comparisons
{
    public static void Read(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i].Used)
                continue;
            _ = TryRange(reading, i) || TryCompared(reading, i) || TryPostfix(reading, i);
        }
    }

    // "between A and B", "from A to B", "A-B"
    private static bool TryRange(Reading reading, int start)
    {
        var opened = reading.RoleAt(start) is Role.Between or Role.From;
        var first = opened ? reading.Next(start) : start;
        if (Operand.At(reading, first) is not { } low)
            return false;

        var to = reading.Next(first);
        var second = reading.Next(to);
        if (Operand.At(reading, second) is not { } high)
            return false;
        var joined = reading.RoleAt(to) is Role.To || (reading.RoleAt(to) is Role.And && reading.RoleAt(start) is Role.Between);
        if (!joined || (!opened && reading.Elements[to].Text != "-"))
            return false;

        // "from 2000 to 2005" includes both years.
        Apply(reading, new Comparison(start, second, low, high, Role.Between, null));
        return true;
    }

    // "over 8", "since 2005", "longer than 120 minutes"
    private static bool TryCompared(Reading reading, int start)
    {
        var hint = (reading.Elements[start] as RoleElement)?.Hint;
        Role? direction = hint is { Degree: HintDegree.Comparative } ? OfHint(hint) : reading.RoleAt(start);
        if (direction is not (Role.More or Role.Less or Role.AtLeast or Role.AtMost or Role.Exactly or Role.Since or Role.Before or Role.After or Role.Until))
            return false;

        var operandIndex = reading.Next(start);
        while (reading.RoleAt(operandIndex) is Role.Than or Role.In or Role.Period)
            operandIndex = reading.Next(operandIndex);
        if (Operand.At(reading, operandIndex) is not { } operand)
            return false;

        Apply(reading, Compare(start, operandIndex, operand, direction.Value, hint));
        return true;
    }

    // "8 or more", "2005 onwards"
    private static bool TryPostfix(Reading reading, int start)
    {
        if (Operand.At(reading, start) is not { } operand)
            return false;
        var next = reading.Next(start);
        if (reading.RoleAt(next) is not (Role.OrMore or Role.OrLess))
            return false;

        reading.Elements[next].Used = true;
        Apply(reading, Compare(start, start, operand, reading.RoleAt(next) is Role.OrMore ? Role.AtLeast : Role.AtMost, null));
        return true;
    }

    private static Role OfHint(Hint hint) => (hint.OfTime, hint.Descending) switch
    {
        (true, true) => Role.After,
        (true, false) => Role.Before,
        (false, true) => Role.More,
        (false, false) => Role.Less,
    };

    private static Comparison Compare(int start, int end, Operand operand, Role direction, Hint? hint) => direction switch
    {
        Role.More or Role.After or Role.AtLeast or Role.Since => new Comparison(start, end, operand, null, direction, hint),
        Role.Less or Role.Before or Role.AtMost or Role.Until => new Comparison(start, end, null, operand, direction, hint),
        _ => new Comparison(start, end, operand, operand, direction, hint),
    };

    private static void Apply(Reading reading, Comparison comparison)
    {
        if (TryHaving(reading, comparison))
            return;

        if (FieldOf.Comparison(reading, comparison) is not { } column)
        {
            reading.Refuse($"I cannot tell which field \"{Phrase(reading, comparison)}\" is about.");
            return;
        }

        reading.Use(comparison.Start, comparison.End);
        reading.Add(
            column.Kind is ColumnKind.Time ? comparison.OfTime(column) : comparison.OfNumber(column, UnitScale(reading, comparison.End, column), Negated(reading, comparison.Start)),
            comparison.Start);
    }

    // "more than 5 (drama) films" bounds the size of groups; "rated over 8 films" does not.
    private static bool TryHaving(Reading reading, Comparison comparison)
    {
        var next = reading.Next(comparison.End);
        while (reading.At(next) is ValueElement)
            next = reading.Next(next);
        if (reading.At(next) is not RowsElement || reading.Having is not null || !comparison.MayBeNumber || comparison.Hint is not null
            || reading.At(reading.Previous(comparison.Start)) is FieldElement { Used: false } field && field.Candidates.Any(c => c.Kind is ColumnKind.Number))
        {
            return false;
        }

        reading.Having = comparison.OfGroups();
        reading.Use(comparison.Start, comparison.End);
        return true;
    }

    private static bool Negated(Reading reading, int start)
    {
        if (!reading.IsFree(reading.Previous(start), Role.Not))
            return false;
        reading.Elements[reading.Previous(start)].Used = true;
        return true;
    }

    // A field of minutes compared with hours.
    private static double UnitScale(Reading reading, int end, Column column) =>
        reading.At(end + 1) is RoleElement { Role: Role.Unit } unit && unit.Words[0].Stem is "hour" or "hr"
            && column.Words.Any(w => w.Folded is "min" or "mins" or "minute" or "minutes")
            ? 60
            : 1;

    private static string Phrase(Reading reading, Comparison comparison) =>
        string.Join(' ', reading.Elements.Skip(comparison.Start).Take(comparison.End - comparison.Start + 1).Select(e => e.Text));
}
