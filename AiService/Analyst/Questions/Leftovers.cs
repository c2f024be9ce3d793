using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>
/// The guard against guessing: every word that carries meaning must have become part of the query. What is left over means that the
/// question asks for something else than what would be computed.
/// </summary>
internal static class Leftovers
{
    private static readonly HashSet<Role> Binding =
    [
        Role.Not, Role.Or, Role.Between, Role.More, Role.Less, Role.AtLeast, Role.AtMost, Role.OrMore, Role.OrLess, Role.Than, Role.Since, Role.Before,
        Role.After, Role.Until, Role.Per, Role.Top, Role.Bottom, Role.Highest, Role.Lowest, Role.Common, Role.Rare, Role.Average, Role.Median,
        Role.Percent, Role.Hint, Role.Last, Role.Without,
    ];

    /// <summary>Refuses when a word is neither part of the language nor of the data.</summary>
    public static void CheckUnknown(Reading reading)
    {
        var unknown = reading.Elements.Where(e => e is RoleElement { Role: Role.Unknown }).Select(e => $"\"{e.Text}\"").ToList();
        if (unknown.Count > 0)
            reading.Refuse($"It has nothing for {string.Join(", ", unknown.Distinct().Take(5))}.");
    }

    /// <summary>Refuses when a word was understood and still found no place in the query.</summary>
    public static void Check(Reading reading)
    {
        if (reading.Elements.FirstOrDefault(e => e is RoleElement { Used: false, Role: Role.Unsupported }) is { } unsupported)
        {
            reading.Refuse($"I cannot work out \"{unsupported.Text}\": I count, add up, average, rank, group, filter and look up.");
            return;
        }

        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (!reading.Elements[i].Used && IsBinding(reading, i))
            {
                reading.Refuse($"I cannot fit \"{reading.Elements[i].Text}\" into a question that I can compute; please put it more simply.");
                return;
            }
        }

        if (reading.Having is not null)
            reading.Refuse("I cannot tell what the number of rows is to be compared with.");
    }

    private static bool IsBinding(Reading reading, int index) => reading.Elements[index] switch
    {
        ValueElement or NumberElement or PeriodElement => true,
        RoleElement role => Binding.Contains(role.Role) && !IsComparisonWithoutValue(role),
        FieldElement field => !IsRepeated(reading, field) && (field.IsStrong || !HasUsedObject(reading, index)),
        _ => false,
    };

    // "more" without a number says nothing: "show more films", "tell me more".
    private static bool IsComparisonWithoutValue(RoleElement role) => role.Role is Role.More or Role.Less && role.Words is [{ Folded: "more" }];

    private static bool IsRepeated(Reading reading, FieldElement field) =>
        reading.Elements.Any(e => e is FieldElement { Used: true } other && other.Candidates.Intersect(field.Candidates).Any())
        || (!field.IsStrong && reading.Filters.Exists(f => f.Columns.Intersect(field.Candidates).Any()));

    /// <summary>A condition that was read follows: "funds that invest in Kenya" has a verb that resembles a field, and its object.</summary>
    public static bool HasUsedObject(Reading reading, int index)
    {
        var next = reading.Next(index);
        while (reading.RoleAt(next) is Role.In or Role.By or Role.To or Role.From or Role.About)
            next = reading.Next(next);
        return reading.At(next) is ValueElement { Used: true } or NumberElement { Used: true } or PeriodElement { Used: true }
            or RoleElement { Used: true, Role: Role.Since or Role.Before or Role.After or Role.Between or Role.Last };
    }
}
