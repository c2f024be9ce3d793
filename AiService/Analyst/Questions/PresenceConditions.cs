using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads conditions on whether a field has a value ("without a director", "with a contact email") and on booleans ("anomalous readings").</summary>
internal static class PresenceConditions
{
    public static void Read(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is FieldElement { Used: false } field)
                _ = TryMissing(reading, i, field) || TryFlag(reading, i, field) || TryPresent(reading, i, field);
        }
    }

    private static readonly string[] Adjectives = ["missing", "empty", "null", "blank", "unknown", "unspecified"];

    // "without a director", "with no director", "director is missing"
    private static bool TryMissing(Reading reading, int index, FieldElement field)
    {
        var before = reading.Previous(index);
        var after = reading.Next(index);
        var word = reading.IsFree(before, Role.Without) ? before : reading.IsFree(after, Role.Without) && Adjectives.Contains(reading.Elements[after].Words[^1].Folded) ? after : -1;
        if (word < 0)
            return false;

        reading.Elements[word].Used = true;
        field.Used = true;
        var column = reading.Resolve(field, _ => true)!;
        reading.Add(column.Kind is ColumnKind.Boolean ? new FlagFilter(column, false) : new PresenceFilter(column, false), index);
        return true;
    }

    private static bool TryFlag(Reading reading, int index, FieldElement field)
    {
        if (reading.Resolve(field, c => c.Kind is ColumnKind.Boolean) is not { } column || reading.RoleAt(reading.Previous(index)) is Role.Per or Role.By)
            return false;

        var before = reading.Previous(index);
        var negated = reading.IsFree(before, Role.Not);
        if (negated)
            reading.Elements[before].Used = true;
        field.Used = true;
        reading.Add(new FlagFilter(column, !negated), index);
        return true;
    }

    // "funds with a contact email": only directly after the verb, and only where rows are asked for.
    private static bool TryPresent(Reading reading, int index, FieldElement field)
    {
        var asks = reading.RoleAt(0) is Role.Count or Role.Which or Role.List or Role.Exists || reading.IndexOf(Role.Count) >= 0;
        if (!asks || reading.RoleAt(index - 1) is not Role.Have || !Before(reading, index - 1) || reading.IndexOf(Role.Highest, Role.Lowest, Role.Top, Role.Average) >= 0)
            return false;

        field.Used = true;
        reading.Add(new PresenceFilter(reading.Resolve(field, _ => true)!, true), index);
        return true;
    }

    // What is asked for stands before: rows, or another field.
    private static bool Before(Reading reading, int index) =>
        reading.Elements.Take(index).Any(e => e is RowsElement or FieldElement);
}
