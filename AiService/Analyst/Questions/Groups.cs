using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads "per genre", "by year", "for each status".</summary>
internal static class Groups
{
    public static ImmutableArray<GroupKey> TakeKeys(Reading reading)
    {
        var keys = ImmutableArray.CreateBuilder<GroupKey>(2);
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.RoleAt(i) is not (Role.Per or Role.By) || reading.Elements[i].Used)
                continue;

            var index = i;
            while (keys.Count < 2 && Key(reading, reading.Next(index), reading.RoleAt(i) is Role.Per) is { } key)
            {
                keys.Add(key.Key);
                reading.Use(i, key.End);
                index = reading.Next(key.End);
                if (reading.RoleAt(index) is not Role.And)
                    break;
            }
        }

        return keys.ToImmutable();
    }

    /// <summary>"which year", "which months": the period that is asked for as such.</summary>
    public static GroupKey? TakePeriod(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is not RoleElement { Used: false } element)
                continue;
            var granularity = element.Role is Role.When && element.Words[^1].Stem == "year" ? Granularity.Year
                : reading.RoleAt(i - 1) is Role.Which or Role.What ? PeriodAt(reading, i) : null;
            if (granularity is null || FieldOf.Year(reading) is not { } time)
                continue;
            element.Used = true;
            return new GroupKey(time, time.Kind is ColumnKind.Time ? granularity.Value : Granularity.Value);
        }

        return null;
    }

    private static (GroupKey Key, int End)? Key(Reading reading, int index, bool explicitly)
    {
        if (PeriodAt(reading, index) is { } period)
            return FieldOf.Year(reading) is { } time ? (new GroupKey(time, time.Kind is ColumnKind.Time ? period : Granularity.Value), index) : null;

        if (reading.At(index) is not FieldElement { Used: false } field)
            return null;
        if (reading.Resolve(field, c => c.Kind is ColumnKind.Time) is { } dated)
            return PeriodAt(reading, index + 1) is { } granularity ? (new GroupKey(dated, granularity), index + 1) : (new GroupKey(dated, Granularity.Day), index);

        // "by imdb rating" is an order; "per imdb rating" can only be groups.
        return reading.Resolve(field, c => c.Kind is ColumnKind.Text or ColumnKind.Boolean || explicitly) is { } column
            ? (new GroupKey(column, Granularity.Value), index)
            : null;
    }

    private static Granularity? PeriodAt(Reading reading, int index) =>
        reading.At(index) is RoleElement { Role: Role.Period or Role.Unit } element
            ? element.Words[0].Stem switch
            {
                "year" => Granularity.Year,
                "yearly" or "annually" => Granularity.Year,
                "month" => Granularity.Month,
                "decad" => Granularity.Decade,
                "day" => Granularity.Day,
                _ => null,
            }
            : null;
}
