using AiMesh.Embeddings;

namespace AiMesh.DataService.Search.Index;

/// <summary>Cuts texts into passages short enough that the vector of each still means something.</summary>
internal static class Chunks
{
    public const int MaxWords = 150;

    /// <summary>Passages in order; together they are the text from its first word on, none overlaps another. Empty where the text has no word.</summary>
    public static IEnumerable<string> Of(string text)
    {
        var (start, words) = (-1, 0);
        foreach (var token in Tokeniser.Tokenise(text))
        {
            if (words == MaxWords)
            {
                yield return text[start..token.Start];
                (start, words) = (token.Start, 0);
            }

            if (start < 0) start = token.Start;
            words++;
        }

        if (start >= 0) yield return text[start..];
    }
}
