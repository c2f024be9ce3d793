namespace AiMesh.AiService.Analyst.Linking;

/// <summary>
/// Joins mentions that speak of one field from two places: "rated over 8 on imdb", "grossed the most worldwide". Each alone fits
/// several fields, together they fit one.
/// </summary>
internal static class Mentions
{
    private const int Farthest = 6;

    public static List<Element> Join(List<Element> elements, FieldIndex fields)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            for (var j = i + 1; j < Math.Min(elements.Count, i + Farthest); j++)
            {
                if (elements[i] is not FieldElement one || elements[j] is not FieldElement other || (one.Candidates.Count == 1 && other.Candidates.Count == 1))
                    continue;
                if (fields.Find([.. one.Words, .. other.Words]) is not { Candidates: [var column] } || !one.Candidates.Contains(column) || !other.Candidates.Contains(column))
                    continue;

                elements[i] = new FieldElement(one.Words, [column], one.IsStrong);
                elements[j] = new RoleElement(other.Words, Role.Filler);
            }
        }

        return elements;
    }
}
