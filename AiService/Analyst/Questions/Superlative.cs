using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>"highest", "top 5", "longest", "most common": an order, perhaps a limit, perhaps a hint at the field.</summary>
/// <param name="Index">Its element.</param>
/// <param name="Descending">Greatest first.</param>
/// <param name="Limit">How many are asked for; null: the one, with ties.</param>
/// <param name="Hint">Of an adjective.</param>
/// <param name="OfCounts">"most common": by the number of rows.</param>
internal sealed record Superlative(int Index, bool Descending, int? Limit, Hint? Hint, bool OfCounts)
{
    /// <summary>The superlative of the question, taken; null without one.</summary>
    public static Superlative? Take(Reading reading)
    {
        var index = Find(reading);
        if (index < 0)
            return null;

        var element = (RoleElement)reading.Elements[index];
        var limit = LimitBeside(reading, index);
        element.Used = true;

        // "top 5 highest rated", "bottom 3 by votes": the first one said "how many", the second by what.
        if (element.Role is Role.Top or Role.Bottom && Find(reading) is >= 0 and var second && second <= index + 3)
        {
            var inner = (RoleElement)reading.Elements[second];
            limit ??= LimitBeside(reading, second);
            inner.Used = true;
            return new Superlative(second, IsDescending(inner), limit, inner.Hint, inner.Role is Role.Common or Role.Rare);
        }

        return new Superlative(index, IsDescending(element), limit, element.Hint, element.Role is Role.Common or Role.Rare);
    }

    private static bool IsDescending(RoleElement element) =>
        element.Hint?.Descending ?? element.Role is Role.Top or Role.Highest or Role.Common;

    private static int Find(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.Elements[i] is not RoleElement { Used: false } element)
                continue;
            if (element.Role is Role.Top or Role.Bottom or Role.Highest or Role.Lowest or Role.Common or Role.Rare || element.Hint is { Degree: HintDegree.Superlative })
                return i;

            // "Which is longer, A or B?" asks for the longer one.
            if (element.Hint is { Degree: HintDegree.Comparative } && reading.IndexOf(Role.Than) < 0
                && reading.Filters.Exists(f => f is ValueFilter { All: false, Negated: false, Values.Length: > 1 } v && v.Columns.Contains(reading.Table.LabelColumn!)))
            {
                return i;
            }
        }

        return -1;
    }

    private static int? LimitBeside(Reading reading, int index)
    {
        foreach (var beside in new[] { index + 1, index - 1 })
        {
            if (reading.Elements.ElementAtOrDefault(beside) is NumberElement { Used: false, Value: >= 1 and <= 1000 } number && double.IsInteger(number.Value))
            {
                number.Used = true;
                return (int)number.Value;
            }
        }

        // "the 4 films with the most votes"
        for (var i = 0; i < index; i++)
        {
            if (reading.Elements[i] is NumberElement { Used: false, Value: >= 1 and <= 1000 } number && double.IsInteger(number.Value)
                && reading.At(i + 1) is RowsElement or ValueElement or FieldElement)
            {
                number.Used = true;
                return (int)number.Value;
            }
        }

        return null;
    }
}
