using System.Globalization;
using System.Text;

namespace AiMesh.Embeddings;

/// <summary>
/// Finds the words of a text in any script, the same everywhere: it asks the tables of Unicode that come with .NET, never a culture. Letters and digits
/// make words, marks belong to the letter before them, everything else divides; an apostrophe between letters is left out. Scripts that write without
/// spaces (Han, kana, Thai) give a word for each character.
/// </summary>
public static class Tokeniser
{
    private const int MaxWordLength = 64;

    /// <summary>The words in order. Nothing in the text is an error.</summary>
    public static IEnumerable<Token> Tokenise(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var word = new StringBuilder();
        var (start, end) = (0, 0);
        for (var i = 0; i < text.Length;)
        {
            // A lone surrogate reads as U+FFFD, which divides.
            var status = Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var units);
            var kind = status == System.Buffers.OperationStatus.Done ? KindOf(rune) : Kind.Divider;
            if (kind == Kind.Apostrophe && (word.Length == 0 || i + 1 >= text.Length || !char.IsLetter(text[i + 1]))) kind = Kind.Divider;
            if (word.Length > 0 && (kind is Kind.Divider or Kind.Character || word.Length >= MaxWordLength && kind == Kind.Letter))
            {
                yield return new Token(start, end - start, word.ToString());
                word.Clear();
            }

            if (kind is Kind.Letter or Kind.Character)
            {
                if (word.Length == 0) start = i;
                LatinLetters.AppendPlain(word, Rune.ToLowerInvariant(rune));
                end = i + units;
            }
            else if (kind == Kind.Mark && word.Length > 0)
            {
                if (!LatinLetters.IsAccent(rune)) word.Append(rune.ToString());
                end = i + units;
            }

            i += units;
            if (kind != Kind.Character) continue;

            // Marks of the character still follow, so it ends with the next rune that is none.
            if (i < text.Length && Rune.DecodeFromUtf16(text.AsSpan(i), out var next, out _) == System.Buffers.OperationStatus.Done && KindOf(next) == Kind.Mark) continue;
            yield return new Token(start, end - start, word.ToString());
            word.Clear();
        }

        if (word.Length > 0) yield return new Token(start, end - start, word.ToString());
    }

    private static Kind KindOf(Rune rune)
    {
        if (rune.IsAscii) return Rune.IsLetterOrDigit(rune) ? Kind.Letter : rune.Value == '\'' ? Kind.Apostrophe : Kind.Divider;
        if (rune.Value == 0x2019) return Kind.Apostrophe;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.OtherLetter when WritesWithoutSpaces(rune.Value) => Kind.Character,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => Kind.Mark,
            _ => Kind.Divider,
        };
    }

    // Thai, Lao, Myanmar, Khmer; kana; Han with its extensions.
    private static bool WritesWithoutSpaces(int value) =>
        value is >= 0x0E00 and <= 0x0EFF or >= 0x1000 and <= 0x109F or >= 0x1780 and <= 0x17FF or >= 0x3040 and <= 0x30FF or >= 0x3400 and <= 0x9FFF
            or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x3FFFF;

    private enum Kind
    {
        Divider,
        Apostrophe,
        Letter,
        Character,
        Mark,
    }
}
