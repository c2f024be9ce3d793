using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads questions with a superlative: the extreme row, the top rows, or the extreme group.</summary>
internal static class Rankings
{
    public static Operation? Read(Reading reading, Superlative superlative, List<Function> functions)
    {
        var target = Target.Of(reading);
        if (target is { Column: { Kind: ColumnKind.Text or ColumnKind.Boolean, IsCategorical: true } column, Field: { } field }
            && ReadGroups(reading, superlative, functions, column, field) is { } groups)
        {
            return groups;
        }

        if (reading.Refusal is not null)
            return null;

        // "which year had the most films"
        if (superlative.Hint is null && reading.At(reading.Next(superlative.Index)) is RowsElement && !reading.FreeFields(IsNumber).Any() && Groups.TakePeriod(reading) is { } period)
            return new GroupRows([period], new Measure(Function.Count, null), new Ranking(superlative.Descending, superlative.Limit ?? 1), null);

        // "highest and lowest imdb rating" are two functions of one field.
        if (superlative is { Limit: null, Hint: null } && reading.IndexOf(Role.Highest, Role.Lowest) is >= 0 and var other)
        {
            reading.Elements[other].Used = true;
            return Measures.TakeField(reading, superlative.Index) is { } both ? new Aggregate([Function.Maximum, Function.Minimum], both) : Unclear(reading, superlative);
        }

        if (functions.Contains(Function.Average) || functions.Contains(Function.Median))
        {
            reading.Refuse("I work out one step at a time: first the ranking, or first the average.");
            return null;
        }

        if (OrderOf(reading, superlative) is not { } by)
            return Unclear(reading, superlative);
        return new ExtremeRows(by, new Ranking(superlative.Descending, superlative.Limit), Retrievals.TakeProjection(reading, except: by));
    }

    private static GroupRows? ReadGroups(Reading reading, Superlative superlative, List<Function> functions, Column column, FieldElement field)
    {
        var ranking = new Ranking(superlative.Descending, superlative.Limit ?? 1);
        GroupRows Of(Measure measure) => new([new GroupKey(column, Granularity.Value)], measure, ranking, null);

        field.Used = true;
        var counted = reading.IndexOf(Role.Count);
        if (superlative.OfCounts || counted >= 0 || reading.At(reading.Next(superlative.Index)) is RowsElement && superlative.Hint is null && !reading.FreeFields(IsNumber).Any())
        {
            if (counted >= 0)
                reading.Elements[counted].Used = true;
            return Of(new Measure(Function.Count, null));
        }

        if (functions.Count > 0)
        {
            if (OrderOf(reading, superlative) is { Kind: ColumnKind.Number } measured)
                return Of(new Measure(functions[0], measured));
            Unclear(reading, superlative);
            return null;
        }

        // "which sector has the most funds": another field counted.
        if (reading.At(reading.Next(superlative.Index)) is FieldElement { Used: false } other && reading.Resolve(other, c => c.Kind is ColumnKind.Text) is { } text
            && !other.Candidates.Any(IsNumber) && superlative.Hint is null)
        {
            other.Used = true;
            return Of(new Measure(Function.CountDistinct, text));
        }

        // "which genre grossed most" adds up; "which director has the highest rating" is one row's.
        var adds = reading.Elements[superlative.Index].Text.ToLowerInvariant() is "most" or "least" or "fewest";
        if (adds && Measures.TakeField(reading, superlative.Index) is { } summed)
            return Of(new Measure(Function.Sum, summed));

        // "top 5 directors", with nothing to order by: those with most rows.
        if (superlative is { Hint: null } && reading.RoleAt(superlative.Index) is Role.Top && !reading.FreeFields(IsNumber).Any())
            return Of(new Measure(Function.Count, null));

        field.Used = false;
        return null;
    }

    private static bool IsNumber(Column column) => column.Kind is ColumnKind.Number;

    private static Column? OrderOf(Reading reading, Superlative superlative)
    {
        if (superlative.Hint is not { } hint)
            return Measures.TakeField(reading, superlative.Index, timeToo: true) ?? OnlyNumber(reading, superlative);

        // "the highest rated" may name its field as well: "the largest target fund size", "the latest release date".
        var beside = reading.Next(superlative.Index);
        if (reading.At(beside) is FieldElement { Used: false } field && reading.Resolve(field, c => c.Kind is ColumnKind.Number or ColumnKind.Time && Agrees(hint, c, reading.Table)) is { } named)
        {
            field.Used = true;
            return named;
        }

        return Measures.TakeByField(reading) ?? reading.Choose([.. hint.Columns(reading.Table)]);
    }

    // "the biggest budget" is about the budget, "the longest director" about nothing.
    private static bool Agrees(Hint hint, Column column, Table table) =>
        hint.OfTime ? hint.Columns(table).Contains(column) : column.Kind is ColumnKind.Number;

    private static Column? OnlyNumber(Reading reading, Superlative superlative) =>
        superlative.OfCounts ? null : Measures.OnlyNumber(reading);

    private static Operation? Unclear(Reading reading, Superlative superlative)
    {
        var options = Measures.Options(reading);
        reading.Refuse(options.Length == 0
            ? $"It has no field that \"{reading.Elements[superlative.Index].Text}\" could be about."
            : $"I cannot tell which field \"{reading.Elements[superlative.Index].Text}\" is about; there are {options}.");
        return null;
    }
}
