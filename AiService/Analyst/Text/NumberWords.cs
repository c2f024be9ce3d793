using System.Collections.Frozen;

namespace AiMesh.AiService.Analyst.Text;

internal static class NumberWords
{
    private static readonly FrozenDictionary<string, double> Values = new Dictionary<string, double>
    {
        ["zero"] = 0,
        ["one"] = 1,
        ["two"] = 2,
        ["three"] = 3,
        ["four"] = 4,
        ["five"] = 5,
        ["six"] = 6,
        ["seven"] = 7,
        ["eight"] = 8,
        ["nine"] = 9,
        ["ten"] = 10,
        ["eleven"] = 11,
        ["twelve"] = 12,
        ["fifteen"] = 15,
        ["twenty"] = 20,
        ["fifty"] = 50,
        ["hundred"] = 100,
        ["dozen"] = 12,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool TryRead(string folded, out double value) => Values.TryGetValue(folded, out value);
}
