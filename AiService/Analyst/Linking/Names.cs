using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>
/// Second look at words that nothing explained: parts of longer values ("Spielberg", "Lord of the Rings"), then words of field
/// descriptions. What is left stays unknown, and keeps the question from being answered.
/// </summary>
internal static class Names
{
    private const int LongestName = 8;

    public static List<Element> Resolve(List<Element> elements, FieldIndex fields, ValueIndex values)
    {
        var resolved = new List<Element>(elements.Count);
        for (var i = 0; i < elements.Count;)
        {
            if (!IsUnknown(elements[i]) || elements[i].Words[0].Quote > 0)
            {
                resolved.Add(elements[i++]);
                continue;
            }

            var (element, taken) = Longest(elements, i, values);
            element ??= fields.FindByDescription(elements[i].Words[0]);
            resolved.Add(element ?? elements[i]);
            i += Math.Max(taken, 1);
        }

        return resolved;
    }

    private static (Element? Element, int Taken) Longest(List<Element> elements, int start, ValueIndex values)
    {
        for (var end = Math.Min(elements.Count, start + LongestName) - 1; end >= start; end--)
        {
            if (end > start && !IsPartOfName(elements[end]))
                continue;

            var span = elements[start..(end + 1)];
            if (!span.TrueForAll(e => IsPartOfName(e) || e is RoleElement { Role: Role.Filler or Role.Of or Role.And or Role.To or Role.In or Role.From or Role.By }))
                continue;

            List<Word> words = [.. span.SelectMany(e => e.Words)];
            if (words is [{ Folded.Length: <= 2 }])
                continue;
            if (values.Within(words) is { Count: > 0 } matches)
                return (new ValueElement(words, matches), span.Count);
        }

        return (null, 0);
    }

    private static bool IsPartOfName(Element element) => IsUnknown(element) || element is ValueElement or NumberElement;

    private static bool IsUnknown(Element element) => element is RoleElement { Role: Role.Unknown };
}
