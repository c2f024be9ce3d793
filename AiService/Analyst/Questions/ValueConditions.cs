using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Turns values that the question names into filters: one column's values are alternatives, different columns' add up.</summary>
internal static class ValueConditions
{
    private const int MostCategories = 60;

    public static void Read(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is ValueElement { Used: false })
                ReadChain(reading, i);
        }
    }

    // "drama or comedy", "not drama, comedy or horror"
    private static void ReadChain(Reading reading, int start)
    {
        var first = (ValueElement)reading.Elements[start];
        var columns = ColumnsOf(reading, start, first);
        var values = new List<ValueMatch>();
        var conjunction = false;
        var last = start;
        for (var i = start; i < reading.Elements.Count; i = reading.Next(i))
        {
            if (reading.Elements[i] is ValueElement { Used: false } value && value.Candidates.Where(c => columns.Contains(c.Column)).ToList() is { Count: > 0 } matches
                && matches[0].IsWhole == first.Candidates[0].IsWhole)
            {
                values.AddRange(matches.DistinctBy(m => m.Key));
                last = i;
            }
            else if (reading.RoleAt(i) is not (Role.Or or Role.And))
            {
                break;
            }
        }

        for (var i = start; i <= last; i++)
        {
            if (reading.Elements[i] is ValueElement or RoleElement { Role: Role.Or or Role.And })
                reading.Elements[i].Used = true;
            conjunction |= reading.RoleAt(i) is Role.And;
        }

        var negated = TakeNegation(reading, start, columns);
        var all = conjunction && !negated && columns.All(c => c.HasLists) && values.Count > 1;
        reading.Add(new ValueFilter([.. columns], [.. values.DistinctBy(v => v.Key)], all, negated), start);
        TakeMention(reading, start, last, columns);
    }

    private static List<Column> ColumnsOf(Reading reading, int index, ValueElement value)
    {
        var columns = value.Candidates.Select(c => c.Column).Distinct().ToList();
        if (columns.Count == 1)
            return columns;

        foreach (var beside in new[] { MentionBefore(reading, index), reading.Next(index) })
        {
            if (reading.At(beside) is FieldElement field && columns.Find(field.Candidates.Contains) is { } mentioned)
                return [mentioned];
        }

        if (!value.Candidates[0].IsWhole)
            return columns;

        // A category is meant rather than a title of the same name, and after "by" whoever made it; a title otherwise.
        var made = reading.RoleAt(reading.Previous(index)) is Role.By or Role.From;
        var others = columns.FindAll(c => c != reading.Table.LabelColumn && c.IsCategorical && (made || c.Distinct <= MostCategories));
        return others.Count > 0 ? others : columns.Find(c => c == reading.Table.LabelColumn) is { } label ? [label] : columns;
    }

    // "genre is not drama", "directed by Spielberg", "genre: comedy or drama"
    private static int MentionBefore(Reading reading, int index)
    {
        var before = reading.Previous(index);
        while (reading.RoleAt(before) is Role.Not or Role.By or Role.In or Role.Exactly or Role.From or Role.About)
            before = reading.Previous(before);
        return before;
    }

    private static bool TakeNegation(Reading reading, int index, List<Column> columns)
    {
        var before = reading.Previous(index);
        while (reading.RoleAt(before) is Role.By or Role.In or Role.From or Role.About
            || (reading.At(before) is FieldElement field && field.Candidates.Any(columns.Contains)))
        {
            before = reading.Previous(before);
        }

        if (!reading.IsFree(before, Role.Not) && !reading.IsFree(before, Role.Without))
            return false;

        reading.Elements[before].Used = true;
        return true;
    }

    // The field's own name beside its value says nothing more.
    private static void TakeMention(Reading reading, int start, int last, List<Column> columns)
    {
        foreach (var beside in new[] { MentionBefore(reading, start), reading.Next(last) })
        {
            if (reading.At(beside) is FieldElement { Used: false } field && field.Candidates.Any(columns.Contains))
                field.Used = true;
        }
    }
}
