namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Text that every store keeps as it is: whole Unicode characters, none of them U+0000.</summary>
public static class StorableText
{
    /// <summary>Wording of the error for text that is not storable.</summary>
    public const string Expected = "expected Unicode text without U+0000 and lone surrogates";

    /// <summary>Index of the first UTF-16 code unit that cannot be stored, or null.</summary>
    public static int? FirstFault(ReadOnlySpan<char> text)
    {
        // Nearly all text has neither, so one vectorised search decides.
        var from = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        var nul = text.IndexOf('\0');
        if (from < 0) return nul < 0 ? null : nul;
        for (var i = from; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return nul >= 0 && nul < i ? nul : i;
            i++;
        }

        return nul < 0 ? null : nul;
    }
}
