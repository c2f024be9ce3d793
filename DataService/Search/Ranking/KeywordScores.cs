using System.Buffers;
using AiMesh.DataService.Search.Index;
using AiMesh.Embeddings;

namespace AiMesh.DataService.Search.Ranking;

/// <summary>
/// BM25 over the candidates alone: how many there are, how long they are and how many hold a word is counted over what this search may find and over the
/// fields that its caller sees. So hidden rows and fields can shift no score. The fields of an item count as one text.
/// </summary>
internal static class KeywordScores
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <summary>Scores from 0 to 1 by place: BM25 as a share of what an item would get that consists of the query's words.</summary>
    public static void Add(string query, Candidates candidates, IReadOnlyList<FieldIndex> fields, Span<double> scores)
    {
        string[] words = [.. Tokeniser.Tokenise(query).Select(static token => Stemmer.Stem(token.Word)).Distinct(StringComparer.Ordinal)];
        if (words.Length == 0) return;
        var (count, averageLength) = candidates.Lengths(fields);
        if (count == 0) return;
        var frequencies = ArrayPool<int>.Shared.Rent(candidates.Count);
        Array.Clear(frequencies, 0, candidates.Count);
        try
        {
            var most = 0d;
            var found = new List<int>();
            foreach (var word in words)
            {
                found.Clear();
                foreach (var field in fields) Count(word, field, candidates, frequencies, found);
                var rarity = Math.Log(1 + (count - found.Count + 0.5) / (found.Count + 0.5));
                most += rarity * (K1 + 1);
                foreach (var place in found)
                {
                    var norm = K1 * (1 - B + B * candidates.LengthOf(candidates.ItemAt(place), fields) / averageLength);
                    scores[place] += rarity * frequencies[place] * (K1 + 1) / (frequencies[place] + norm);
                    frequencies[place] = 0;
                }
            }

            for (var place = 0; place < candidates.Count; place++) scores[place] /= most;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(frequencies);
        }
    }

    private static void Count(string word, FieldIndex field, Candidates candidates, int[] frequencies, List<int> found)
    {
        // Postings are added last, so every entry that they name is there.
        var postings = field.Find(word);
        var entries = field.Entries;
        foreach (var posting in postings)
        {
            var entry = entries[posting.Entry];
            if (!entry.IsIn(candidates.Revision) || candidates.PlaceOf(entry.Item) is not (>= 0 and var place)) continue;
            if (frequencies[place] == 0) found.Add(place);
            frequencies[place] += posting.Count;
        }
    }
}
