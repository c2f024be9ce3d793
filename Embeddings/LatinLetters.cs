using System.Text;

namespace AiMesh.Embeddings;

/// <summary>
/// Latin letters without their accents. A table of our own: services run without culture data (InvariantGlobalization), where .NET decomposes nothing.
/// </summary>
internal static class LatinLetters
{
    // U+00DF to U+017F. A star stands for what is kept as it is; ligatures follow below.
    private const string Plain =
        "*aaaaaa*ceeeeiiii*nooooo*ouuuuy*y" + // ß to ÿ
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkk*lllllllllln" +
        "nnnnn***ooooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    private const int First = 0xDF;

    /// <summary>A combining accent as decomposed Latin, Greek and Cyrillic text writes it.</summary>
    public static bool IsAccent(Rune rune) => rune.Value is >= 0x0300 and <= 0x036F or 0x200B or 0x200C or 0x200D or 0xAD;

    public static void AppendPlain(StringBuilder word, Rune lower)
    {
        var at = lower.Value - First;
        switch (lower.Value)
        {
            case 0xDF:
                word.Append("ss");
                break;
            case 0xE6:
                word.Append("ae");
                break;
            case 0xF8:
                word.Append('o');
                break;
            case 0x153:
                word.Append("oe");
                break;
            case 0x131:
                word.Append('i');
                break;
            case >= First when at < Plain.Length && Plain[at] != '*':
                word.Append(Plain[at]);
                break;
            default:
                Span<char> units = stackalloc char[2];
                word.Append(units[..lower.EncodeToUtf16(units)]);
                break;
        }
    }
}
