using System.Collections.Frozen;

namespace AiMesh.AiService.Analyst.Text;

/// <summary>
/// A light stemmer for words that may name a field. It brings the forms of a word together: plural and singular, "directed" and
/// "director", "investments" and "invested". Values only lose their plural: "actors" must not find the genre "Action".
/// </summary>
internal static class Stem
{
    private static readonly FrozenDictionary<string, string> Irregular = new Dictionary<string, string>
    {
        ["wrote"] = "writ",
        ["written"] = "writ",
        ["spent"] = "spend",
        ["sold"] = "sell",
        ["bought"] = "buy",
        ["paid"] = "pay",
        ["children"] = "child",
        ["people"] = "person",
        ["women"] = "woman",
        ["men"] = "man",
        ["data"] = "data",
        ["came"] = "com",
        ["cities"] = "city",
        ["indices"] = "index",
        ["criteria"] = "criterion",
        ["held"] = "hold",
        ["led"] = "lead",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Longest first; the number is how many letters must stay.
    private static readonly (string Ending, int Keep)[] Endings =
    [
        ("izations", 3), ("ization", 3), ("ations", 3), ("ation", 3), ("ments", 3), ("ment", 3), ("ings", 3), ("ions", 3),
        ("ing", 3), ("ion", 3), ("ers", 3), ("ors", 3), ("er", 3), ("or", 3), ("ed", 3), ("es", 3), ("s", 2), ("e", 2),
    ];

    public static string Of(string folded)
    {
        if (Irregular.TryGetValue(folded, out var stem))
            return stem;

        if (folded.Length < 4 || char.IsDigit(folded[0]))
            return folded is { Length: 3 } && folded[2] == 's' && folded[1] is not ('s' or 'u' or 'i' or 'a') ? folded[..2] : folded;

        stem = folded.Replace("isation", "ization", StringComparison.Ordinal);
        if (stem.EndsWith("ies", StringComparison.Ordinal))
            return stem[..^3] + "y";
        if (stem.EndsWith("ied", StringComparison.Ordinal))
            return stem[..^3] + "y";
        if (stem.EndsWith("ie", StringComparison.Ordinal))
            return stem[..^2] + "y";

        return Undouble(Strip(stem));
    }

    /// <summary>The singular of a folded word, by spelling alone; the same for singular and plural.</summary>
    public static string Singular(string folded)
    {
        if (folded.Length < 4)
            return folded;
        if (folded.EndsWith("ies", StringComparison.Ordinal))
            return folded[..^3] + "y";
        if (folded.EndsWith("ie", StringComparison.Ordinal))
            return folded[..^2] + "y";
        if (folded.EndsWith("sses", StringComparison.Ordinal) || folded.EndsWith("ches", StringComparison.Ordinal) || folded.EndsWith("xes", StringComparison.Ordinal))
            return folded[..^2];
        return folded[^1] is 's' && folded[^2] is not ('s' or 'u' or 'i') ? folded[..^1] : folded;
    }

    private static string Strip(string word)
    {
        foreach (var (ending, keep) in Endings)
        {
            if (word.Length - ending.Length < keep || !word.EndsWith(ending, StringComparison.Ordinal))
                continue;
            if (ending is "s" && word[^2] is 's' or 'u' or 'i')
                return word;
            return word[..^ending.Length];
        }

        return word;
    }

    // "running" and "run"; "ll" and "ss" belong to the word ("sell", "gross").
    private static string Undouble(string stem) =>
        stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('l' or 's') ? stem[..^1] : stem;
}
