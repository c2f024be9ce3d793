namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>A word of a text: letters, with hyphens and apostrophes within.</summary>
/// <param name="Start">Index of its first UTF-16 unit.</param>
/// <param name="End">Index behind its last.</param>
/// <param name="IsCapital">It begins with an upper-case letter.</param>
internal readonly record struct Word(int Start, int End, bool IsCapital)
{
    private const int MaxGap = 2;

    public int Length => End - Start;

    public ReadOnlySpan<char> In(string text) => text.AsSpan(Start, Length);

    /// <summary>Only spaces, and perhaps the dot of an abbreviation, stand between the two.</summary>
    public bool Precedes(Word next, string text)
    {
        if (next.Start - End > MaxGap) return false;
        foreach (var c in text.AsSpan(End, next.Start - End)) if (c is not (' ' or '.' or '\u00A0')) return false;
        return true;
    }

    public static List<Word> AllOf(string text)
    {
        var words = new List<Word>();
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsLetter(text[i])) continue;
            var start = i;
            while (i < text.Length && (char.IsLetter(text[i]) || char.GetUnicodeCategory(text[i]) == System.Globalization.UnicodeCategory.NonSpacingMark || (text[i] is '-' or '\'' or '’' && i + 1 < text.Length && char.IsLetter(text[i + 1])))) i++;
            words.Add(new Word(start, i, char.IsUpper(text[start])));
        }

        return words;
    }
}
