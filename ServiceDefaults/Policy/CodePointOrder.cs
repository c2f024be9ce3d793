namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Order of text by code point, which is also the order of its UTF-8 bytes and of PostgreSQL's collation "C". Ordinal order of UTF-16
/// differs from it: there a surrogate pair (from U+10000) sorts before U+E000..U+FFFF.
/// </summary>
public static class CodePointOrder
{
    /// <summary>Negative, zero or positive as <see cref="string.CompareOrdinal(string, string)"/>.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length - right.Length;
        char l = left[common], r = right[common];
        return char.IsSurrogate(l) == char.IsSurrogate(r) ? l - r : char.IsSurrogate(l) ? 1 : -1;
    }
}
