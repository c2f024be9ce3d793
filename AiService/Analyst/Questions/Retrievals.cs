using System.Collections.Immutable;
using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Reads questions for rows and values as they stand: look-ups, lists, distinct values, yes or no.</summary>
internal static class Retrievals
{
    private static readonly string[] YesNo = ["is", "are", "was", "were", "does", "do", "did", "has", "have", "can", "isn", "arent", "any"];
    private static readonly string[] Places = ["country", "location", "city", "region", "market", "place", "address", "site"];

    public static Operation? Read(Reading reading)
    {
        if (ReadOrdered(reading) is { } ordered)
            return ordered;
        if (IsYesNo(reading))
            return new AnyRows();

        if (reading.Having is not null && Groups.TakePeriod(reading) is { } period)
        {
            var bounds = reading.Having;
            reading.Having = null;
            return new GroupRows([period], new Measure(Function.Count, null), null, bounds);
        }

        var target = Target.Of(reading);
        var distinct = reading.IndexOf(Role.Distinct) >= 0;
        if (reading.Having is { } having && target is { Column: { Kind: not ColumnKind.Number } grouped, Field: { } mention })
        {
            (mention.Used, reading.Having) = (true, null);
            return new GroupRows([new GroupKey(grouped, Granularity.Value)], new Measure(Function.Count, null), new Ranking(true, null), having);
        }

        var others = reading.FreeFields(_ => true).Count();
        if (!NamesRow(reading) && target is { Column: { Kind: not ColumnKind.Number } column, Field: { IsStrong: true } field } && others == 1
            && (distinct || (column.IsCategorical && column != reading.Table.LabelColumn)))
        {
            field.Used = true;
            return new DistinctValues(column);
        }

        var projection = TakeProjection(reading, except: null);
        if (NamesRow(reading))
            return new LookUp(projection.IsEmpty ? reading.Table.Columns : projection);
        if (projection.IsEmpty && reading.Filters.Count == 0 && !reading.Elements.Any(e => e is RowsElement { IsNamed: true } or RoleElement { Role: Role.List } or FieldElement))
            reading.Refuse("Ask me something about its fields or rows.");
        return new ListRows(projection, null, false, TakeLimit(reading));
    }

    /// <summary>The question names one row or a few, by label or by words of it.</summary>
    public static bool NamesRow(Reading reading) =>
        reading.Table.LabelColumn is { } label
        && reading.Filters.Exists(f => f is ValueFilter { Negated: false } value
            && (value.Columns.Contains(label) || (value.Columns is [{ IsCategorical: false }] && value.Values[0].IsWhole)) && !AsksForRows(reading, value));

    /// <summary>The fields that are asked for and not used yet, taken, with those that "when", "where" and "how long" imply.</summary>
    public static ImmutableArray<Column> TakeProjection(Reading reading, Column? except)
    {
        var columns = new List<Column>();
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is FieldElement { Used: false } field && !IsVerb(reading, i, field))
            {
                field.Used = true;
                columns.Add(reading.Resolve(field, c => reading.RoleAt(0) is not Role.When || c.Kind is ColumnKind.Time) ?? reading.Resolve(field, _ => true)!);
            }
            else if (reading.Elements[i] is RoleElement { Used: false, Hint: { Degree: HintDegree.Positive } hint } element && reading.Choose([.. hint.Columns(reading.Table)]) is { } hinted)
            {
                element.Used = true;
                columns.Add(hinted);
            }
        }

        if (columns.Count == 0 && reading.IndexOf(Role.When) >= 0 && FieldOf.Year(reading) is { } time)
            columns.Add(time);
        if (columns.Count == 0 && reading.IndexOf(Role.Where) >= 0)
            columns.AddRange(reading.Table.Columns.Where(c => c.Words.Any(w => Array.Exists(Places, p => w.Singular == p || Synonyms.SameField(w.Stem, Text.Stem.Of(p))))));
        return [.. columns.Distinct().Where(c => c != except)];
    }

    // "show 5 movies"
    private static int? TakeLimit(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is not NumberElement { Used: false, Value: >= 1 and <= 1000 } number || !double.IsInteger(number.Value) || !Periods.IsLimit(reading, i))
                continue;
            number.Used = true;
            return (int)number.Value;
        }

        return null;
    }

    // "sorted by imdb rating"
    private static ListRows? ReadOrdered(Reading reading)
    {
        var sort = -1;
        for (var i = 0; i < reading.Elements.Count && sort < 0; i++)
        {
            if (reading.RoleAt(i) is Role.Sort || (reading.RoleAt(i) is Role.By && reading.Elements[i].Words.Count > 1))
                sort = i;
        }

        if (sort < 0)
            return null;

        var fields = reading.FreeFields(_ => true).Where(f => f.Index > sort).ToList();
        if (fields.Count == 0)
            return null;

        fields[0].Field.Used = true;
        var by = reading.Resolve(fields[0].Field, _ => true)!;
        return new ListRows(TakeProjection(reading, by), by, reading.IndexOf(Role.Descending) >= 0, TakeLimit(reading));
    }

    // "is there", "did Spielberg direct Jaws"; "do you know who …" is none.
    private static bool IsYesNo(Reading reading)
    {
        if (reading.Filters.Count == 0 || reading.IndexOf(Role.Which, Role.What, Role.Who, Role.When, Role.Where, Role.List) >= 0)
            return false;
        var first = reading.Elements[0];
        return first is RoleElement { Role: Role.Exists } || Array.Exists(YesNo, w => w == first.Words[0].Folded);
    }

    // "films by …", "films about love": the rows are asked for, the name is a condition on them.
    private static bool AsksForRows(Reading reading, ValueFilter value) =>
        (!value.Columns.Contains(reading.Table.LabelColumn!) || !value.Values[0].IsWhole) && reading.Elements.Any(e => e is RowsElement { IsNamed: true });

    // "funds that invest in Kenya"; but in "who directed Jaws" the verb is what is asked for.
    private static bool IsVerb(Reading reading, int index, FieldElement field)
    {
        var before = index - 1;
        while (reading.RoleAt(before) is Role.Filler or Role.Is or Role.Have)
            before--;
        return !field.IsStrong && reading.RoleAt(before) is not (Role.Who or Role.What or Role.When or Role.Where) && Leftovers.HasUsedObject(reading, index);
    }
}
