using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Questions;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst;

/// <summary>What a mistyped word may have meant. Only ever offered, never assumed.</summary>
internal static class Suggestions
{
    private const int ShortestWord = 4;

    public static string? For(TableReading reading)
    {
        var known = reading.Table.Columns.SelectMany(c => c.Words.Select(w => w.Folded)).Concat(reading.Values.Vocabulary).Distinct(StringComparer.Ordinal).ToList();
        foreach (var word in reading.Unknown.Where(w => w.Folded.Length >= ShortestWord))
        {
            var allowed = word.Folded.Length > 7 ? 2 : 1;
            var closest = known
                .Where(k => k.Length >= ShortestWord && k[0] == word.Folded[0])
                .Select(k => (Known: k, Distance: Distance(word.Folded, k, allowed)))
                .Where(k => k.Distance <= allowed)
                .OrderBy(k => k.Distance).ThenBy(k => k.Known, StringComparer.Ordinal).FirstOrDefault();
            if (closest.Known is not null)
                return closest.Known;
        }

        return null;
    }

    /// <summary>Edits (insert, delete, replace, swap of neighbours) between two words; more than <paramref name="most"/> is not counted exactly.</summary>
    public static int Distance(string one, string other, int most)
    {
        if (Math.Abs(one.Length - other.Length) > most)
            return most + 1;

        var beforeLast = new int[other.Length + 1];
        var last = new int[other.Length + 1];
        var current = new int[other.Length + 1];
        for (var j = 0; j <= other.Length; j++)
            last[j] = j;

        for (var i = 1; i <= one.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var replace = last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                current[j] = Math.Min(replace, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[other.Length];
    }
}
