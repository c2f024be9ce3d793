namespace AiMesh.Embeddings;

/// <summary>
/// Gives the plural and the singular of an English word the same form (after Harman's S stemmer): enough that "movies" finds "movie", too little to
/// join words that differ. The form need not be a word: "cookie", "cookies" and "cooky" are all "cooky".
/// </summary>
public static class Stemmer
{
    /// <param name="word">As <see cref="Token.Word"/>.</param>
    public static string Stem(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (word.Length > 4 && word.EndsWith("ie", StringComparison.Ordinal)) return string.Concat(word.AsSpan(0, word.Length - 2), "y");
        if (word.Length < 4 || word[^1] != 's') return word;
        if (word.Length > 4 && word.EndsWith("ies", StringComparison.Ordinal)) return string.Concat(word.AsSpan(0, word.Length - 3), "y");
        if (word.EndsWith("sses", StringComparison.Ordinal) || word.EndsWith("xes", StringComparison.Ordinal) || word.EndsWith("ches", StringComparison.Ordinal) || word.EndsWith("shes", StringComparison.Ordinal)) return word[..^2];
        return word[^2] is 'u' or 's' or 'i' ? word : word[..^1];
    }
}
