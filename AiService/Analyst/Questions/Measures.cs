using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Finds what is to be computed, and of which field.</summary>
internal static class Measures
{
    /// <summary>The functions that the question names, taken, in order: "average", "min and max" (of values, not of rows).</summary>
    public static List<Function> TakeFunctions(Reading reading)
    {
        var functions = new List<Function>();
        foreach (var element in reading.Elements.OfType<RoleElement>().Where(e => !e.Used))
        {
            Function? function = element.Role switch
            {
                Role.Sum => Function.Sum,
                Role.Average => Function.Average,
                Role.Median => Function.Median,
                _ => null,
            };
            if (function is null)
                continue;
            element.Used = true;
            if (!functions.Contains(function.Value))
                functions.Add(function.Value);
        }

        // "total" beside another function is part of speech: "the average total budget".
        if (functions.Count > 1)
            functions.Remove(Function.Sum);
        return functions;
    }

    /// <summary>The numeric (or, where allowed, time) field nearest to a place, taken; after it first.</summary>
    public static Column? TakeField(Reading reading, int near, bool timeToo = false)
    {
        bool Fits(Column column) => column.Kind is ColumnKind.Number || (timeToo && column.Kind is ColumnKind.Time);
        var fields = reading.FreeFields(Fits).ToList();
        if (fields.Count == 0)
            return null;

        // "by imdb rating" names the measure wherever it stands.
        var chosen = fields.Find(f => reading.RoleAt(reading.Previous(f.Index)) is Role.By);
        if (chosen.Field is null)
            chosen = fields.Find(f => f.Index > near);
        if (chosen.Field is null)
            chosen = fields[^1];

        chosen.Field.Used = true;
        return reading.Resolve(chosen.Field, Fits);
    }

    /// <summary>The field after "by", taken.</summary>
    public static Column? TakeByField(Reading reading)
    {
        foreach (var (index, field) in reading.FreeFields(c => c.Kind is ColumnKind.Number))
        {
            if (reading.RoleAt(reading.Previous(index)) is not Role.By)
                continue;
            field.Used = true;
            return reading.Resolve(field, c => c.Kind is ColumnKind.Number);
        }

        return null;
    }

    /// <summary>The one numeric field of the table, when there is only one.</summary>
    public static Column? OnlyNumber(Reading reading) =>
        reading.Table.Columns.Where(c => c.Kind is ColumnKind.Number).ToList() is [var only] ? only : null;

    public static string Options(Reading reading) =>
        string.Join(", ", reading.Table.Columns.Where(c => c.Kind is ColumnKind.Number).Select(c => c.Label));
}
