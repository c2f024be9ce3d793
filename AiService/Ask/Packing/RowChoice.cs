using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Text;
using AiMesh.AiService.Providers;

namespace AiMesh.AiService.Ask.Packing;

/// <summary>Chooses the rows that go into a context which does not hold all of them.</summary>
internal static class RowChoice
{
    /// <summary>All rows if they fit; otherwise those that share most with the question, in their order.</summary>
    public static IReadOnlyList<PackedLine> Fitting(IReadOnlyList<PackedLine> lines, string question, long tokens)
    {
        // One more a line for the line feed.
        var sizes = lines.Select(l => ApproximateTokens.Of(l.Text) + 1).ToArray();
        if (sizes.Sum() <= tokens) return lines;

        var scores = Scores(lines, question);
        var left = tokens;
        var chosen = new List<int>();
        foreach (var index in Enumerable.Range(0, lines.Count).OrderByDescending(i => scores[i]).ThenBy(i => i))
        {
            if (sizes[index] > left) continue;
            left -= sizes[index];
            chosen.Add(index);
        }

        return [.. chosen.Order().Select(i => lines[i])];
    }

    // A word that few rows have tells more than one that many have.
    private static double[] Scores(IReadOnlyList<PackedLine> lines, string question)
    {
        var words = Lexer.Words(question).Where(w => !Vocabulary.TryGet(w.Folded, out _)).Select(w => w.Singular).Distinct().ToArray();
        var has = lines.Select(l => Lexer.Words(l.Text).Select(w => w.Singular).ToHashSet(StringComparer.Ordinal)).ToArray();
        var weights = words.Select(word => Math.Log((lines.Count + 1.0) / (1 + has.Count(h => h.Contains(word))))).ToArray();
        return [.. has.Select(h => words.Select((word, i) => h.Contains(word) ? weights[i] : 0).Sum())];
    }
}
