using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>What the question asks for: after "which", "what", "list" and "how many" stands a field, or the rows.</summary>
/// <param name="Column">The field; null for rows, or where nothing is named.</param>
/// <param name="Field">Its mention.</param>
internal sealed record Target(Column? Column, FieldElement? Field)
{
    private static readonly Target Rows = new(null, null);

    public static Target Of(Reading reading)
    {
        var asking = Asking(reading);
        for (var i = asking < 0 ? 0 : asking + 1; i < reading.Elements.Count; i++)
        {
            switch (reading.Elements[i])
            {
                case FieldElement { Used: false } field when reading.RoleAt(i - 1) is not (Role.By or Role.Per):
                    return new Target(reading.Resolve(field, _ => true), field);
                case FieldElement or RowsElement:
                    return Rows;
                case RoleElement
                {
                    Role: Role.Filler or Role.Of or Role.Is or Role.Distinct or Role.Not or Role.Highest or Role.Lowest or Role.Top or Role.Bottom
                    or Role.Hint or Role.Common or Role.Rare or Role.Have or Role.List or Role.Unit or Role.Average or Role.Sum or Role.Median or Role.And or Role.Exists
                }:
                case NumberElement or ValueElement:
                    continue;
                default:
                    return Rows;
            }
        }

        return Rows;
    }

    private static int Asking(Reading reading)
    {
        for (var i = 0; i < reading.Elements.Count; i++)
        {
            if (reading.RoleAt(i) is Role.Which or Role.What or Role.Who or Role.List or Role.When or Role.Where
                || (reading.RoleAt(i) is Role.Count && reading.RoleAt(reading.Previous(i)) is not Role.By))
            {
                return i;
            }
        }

        return -1;
    }
}
