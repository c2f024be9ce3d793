using System.Numerics.Tensors;

namespace AiMesh.Embeddings;

/// <summary>
/// A vector for words that nobody knows (names, codes, other languages), out of their groups of three letters: near for words that are written alike,
/// so that a name finds itself, also misspelt.
/// </summary>
internal static class WordShape
{
    // About the length of a known word's vector.
    private const float Length = 4;

    public static void Add(string word, float weight, Span<float> sum)
    {
        Span<float> shape = stackalloc float[sum.Length];
        shape.Clear();
        var framed = $"<{word}>";
        for (var i = 0; i + 3 <= framed.Length; i++)
        {
            var state = Hash(framed.AsSpan(i, 3));
            for (var d = 0; d < shape.Length; d++)
            {
                // xorshift64*: one bit a dimension.
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                shape[d] += (state * 0x2545F4914F6CDD1D >> 63) == 0 ? 1 : -1;
            }
        }

        var length = TensorPrimitives.Norm<float>(shape);
        if (length > 0) TensorPrimitives.MultiplyAdd(shape, weight * Length / length, sum, sum);
    }

    // FNV-1a, never zero.
    private static ulong Hash(ReadOnlySpan<char> text)
    {
        var hash = 14695981039346656037;
        foreach (var c in text) hash = (hash ^ c) * 1099511628211;
        return hash | 1;
    }
}
