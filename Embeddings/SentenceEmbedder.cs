using System.Numerics.Tensors;

namespace AiMesh.Embeddings;

/// <summary>
/// Turns texts into vectors of unit length, near each other where the texts speak of the same. A weighted mean of the words' vectors, frequent words
/// counting less (SIF; Arora, Liang and Ma, 2017). Needs no model and no network, and gives the same vector for the same text always.
/// </summary>
public sealed class SentenceEmbedder(WordTable table)
{
    // SIF's a: a word that makes up this share of all text counts half.
    private const double HalfWeight = 1e-3;
    private const int ShortestPart = 4;
    private const int ShortestStart = 5;
    private const float StrangerWeight = 0.7f;

    // Zipf's law over the table: the share of the word of rank r is nearly 1 / (r + 2.7) divided by this.
    private readonly double _zipf = Enumerable.Range(0, table.Count).Sum(static rank => 1 / (rank + 2.7));

    /// <summary>Length of a vector.</summary>
    public int Dimensions => table.Dimensions;

    /// <summary>A vector of unit length, or all zeros where the text has no word.</summary>
    public float[] Embed(string text)
    {
        var sum = new float[Dimensions];
        var any = false;
        foreach (var token in Tokeniser.Tokenise(text))
        {
            any = true;
            Add(token.Word, sum);
        }

        var length = TensorPrimitives.Norm<float>(sum);
        if (any && length > 0) TensorPrimitives.Divide(sum, length, sum);
        return sum;
    }

    private void Add(string word, Span<float> sum)
    {
        if (Known(word, 1, sum) || Known(Stemmer.Stem(word), 1, sum)) return;
        for (var cut = word.Length - ShortestPart; cut >= ShortestPart; cut--)
        {
            // "timeseries": two words that stand together count as both.
            if (table.Find(word.AsSpan(0, cut)) is >= 0 and var first && table.Find(word.AsSpan(cut)) is >= 0 and var second)
            {
                table.Add(first, Weight(first) / 2, sum);
                table.Add(second, Weight(second) / 2, sum);
                return;
            }
        }

        // What it begins with says something of what it means; what it is made of tells it apart from other strangers.
        for (var length = word.Length - 1; length >= Math.Max(ShortestStart, word.Length - 4); length--)
            if (Known(word.AsSpan(0, length), 0.5f, sum)) break;
        WordShape.Add(word, StrangerWeight, sum);
    }

    private bool Known(ReadOnlySpan<char> word, float share, Span<float> sum)
    {
        var row = table.Find(word);
        if (row < 0) return false;
        table.Add(row, share * Weight(row), sum);
        return true;
    }

    private float Weight(int rank) => (float)(HalfWeight / (HalfWeight + 1 / (rank + 2.7) / _zipf));
}
