using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Decides what the question wants computed, once its conditions are read.</summary>
internal static class Intent
{
    public static Operation? Read(Reading reading)
    {
        if (TryDescribe(reading) is { } describe)
            return describe;
        if (TryShare(reading) is { } share)
            return share;

        var keys = Groups.TakeKeys(reading);
        var functions = Measures.TakeFunctions(reading);
        var superlative = Superlative.Take(reading);
        if (keys.Length > 0)
            return Group(reading, keys, functions, superlative);
        if (superlative is not null)
            return Rankings.Read(reading, superlative, functions);

        if (functions.Count == 0 && AsksForSum(reading))
            functions.Add(Function.Sum);
        if (functions.Count > 0 && Aggregated(reading, functions) is { } aggregate)
            return aggregate;
        if (reading.IndexOf(Role.Count) is >= 0 and var count)
            return Count(reading, count);
        return Retrievals.Read(reading);
    }

    private static Describe? TryDescribe(Reading reading)
    {
        var index = reading.IndexOf(Role.Describe);
        if (index < 0)
            return null;

        reading.Elements[index].Used = true;

        // A row is described by its values, see Retrievals; this is about many rows.
        if (Retrievals.NamesRow(reading))
            return null;
        var text = reading.FreeFields(c => c.Kind is ColumnKind.Text).Select(f => f.Field).FirstOrDefault();
        if (text is null)
            return new Describe(null);
        text.Used = true;
        return new Describe(reading.Resolve(text, c => c.Kind is ColumnKind.Text));
    }

    // "what percentage of dramas are rated R": conditions before the verb say of what.
    private static Share? TryShare(Reading reading)
    {
        var index = reading.IndexOf(Role.Percent);
        if (index < 0)
            return null;

        reading.Elements[index].Used = true;
        var verb = Enumerable.Range(index, reading.Elements.Count - index).FirstOrDefault(i => reading.RoleAt(i) is Role.Is or Role.Have, -1);
        if (reading.Filters.Count == 0)
        {
            reading.Refuse("I need a condition to work out a percentage, for example a value of some field.");
            return null;
        }

        var before = reading.Filters.Where((_, i) => verb >= 0 && reading.FilterPositions[i] < verb).ToImmutableArray();
        return new Share(before.Length == reading.Filters.Count ? [] : before);
    }

    private static GroupRows? Group(Reading reading, ImmutableArray<GroupKey> keys, List<Function> functions, Superlative? superlative)
    {
        var measure = functions.Count > 0 || superlative is { OfCounts: false }
            ? GroupMeasure(reading, functions, superlative)
            : new Measure(Function.Count, null);
        if (measure is null)
            return null;

        measure = Counted(reading, measure);
        // "the highest rating per genre" takes the superlative as function; "which genre, by …" as order.
        var ranking = superlative is { Limit: not null } or { OfCounts: true } ? new Ranking(superlative.Descending, superlative.Limit ?? 1) : null;
        var having = reading.Having;
        reading.Having = null;
        return new GroupRows(keys, measure, ranking, having);
    }

    private static Measure? GroupMeasure(Reading reading, List<Function> functions, Superlative? superlative)
    {
        if (Measures.TakeField(reading, superlative?.Index ?? 0) is { } column
            || (column = superlative?.Hint is { } hint ? reading.Choose([.. hint.Columns(reading.Table)]) : null) is not null)
        {
            return new Measure(functions.Count > 0 ? functions[0] : superlative!.Descending ? Function.Maximum : Function.Minimum, column);
        }

        // "total per genre" and "number of films per genre" count.
        if (reading.IndexOf(Role.Count) >= 0 || functions is [Function.Sum])
            return new Measure(Function.Count, null);
        reading.Refuse($"I need a numeric field to compute that{Given(reading)}.");
        return null;
    }

    private static Aggregate? Aggregated(Reading reading, List<Function> functions)
    {
        if (reading.IndexOf(Role.Count) >= 0 && functions is [Function.Sum])
            return null;

        if (Measures.TakeField(reading, 0) is { } column)
            return new Aggregate([.. functions], column);

        // "total films" counts; an average needs something to average.
        if (functions is [Function.Sum])
            return null;
        if (Measures.OnlyNumber(reading) is { } only)
            return new Aggregate([.. functions], only);
        reading.Refuse($"I need a numeric field to compute that{Given(reading)}.");
        return null;
    }

    private static Operation Count(Reading reading, int index)
    {
        reading.Elements[index].Used = true;
        var target = Target.Of(reading);
        if (target is not { Column: { } column, Field: { } field })
            return new CountRows();

        // "how many genres have more than 100 films"
        if (reading.Having is { } having && column.Kind is not ColumnKind.Number)
        {
            (field.Used, reading.Having) = (true, null);
            return new GroupRows([new GroupKey(column, Granularity.Value)], new Measure(Function.Count, null), null, having, OnlyCount: true);
        }

        if (column.Kind is ColumnKind.Number && Measures.TakeField(reading, index) is { } number)
            return Retrievals.NamesRow(reading) ? new LookUp([number]) : new Aggregate([Function.Sum], number);

        // "how many films invest in …": a verb is no target.
        if (!field.IsStrong)
            return new CountRows();
        field.Used = true;
        return new CountDistinct(column);
    }

    // "how many directors per genre" counts directors; "how many funds per market", where each row is a fund, counts rows.
    private static Measure Counted(Reading reading, Measure measure)
    {
        var count = reading.IndexOf(Role.Count);
        if (count < 0)
            return measure;

        reading.Elements[count].Used = true;
        if (reading.At(reading.Next(count)) is not FieldElement { Used: false } field || reading.Resolve(field, c => c.Kind is ColumnKind.Text) is not { } column)
            return measure;
        field.Used = true;
        return column.IsCategorical && column != reading.Table.LabelColumn ? new Measure(Function.CountDistinct, column) : measure;
    }

    // "how much money did westerns make" of many rows is their sum; of one row it is a look-up.
    private static bool AsksForSum(Reading reading) =>
        !Retrievals.NamesRow(reading)
        && reading.Elements.Any(e => e is RoleElement { Used: false, Role: Role.What } && e.Text.StartsWith("how much", StringComparison.OrdinalIgnoreCase))
        && reading.FreeFields(c => c.Kind is ColumnKind.Number).Any();

    private static string Given(Reading reading) =>
        Measures.Options(reading) is { Length: > 0 } options ? $"; there are {options}" : "";
}
