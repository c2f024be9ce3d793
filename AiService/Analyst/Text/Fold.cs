using System.Globalization;
using System.Text;

namespace AiMesh.AiService.Analyst.Text;

/// <summary>Lower case without diacritics, so that "Amelie" finds "Amélie".</summary>
/// <remarks>The hosts run with invariant globalization, where String.Normalize leaves text as it is; hence a table of our own.</remarks>
internal static class Fold
{
    // The base letter of each character from U+00C0 to U+017F (Latin-1 Supplement, Latin Extended-A); '.' keeps the character.
    private const string LatinBases =
        "aaaaaa.ceeeeiiiidnooooo..uuuuy..aaaaaa.ceeeeiiiidnooooo..uuuuy.y" +
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkk.lllllll" +
        "lllnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    public static void Append(StringBuilder target, char character)
    {
        switch (character)
        {
            case 'ß':
                target.Append("ss");
                return;
            case 'æ' or 'Æ':
                target.Append("ae");
                return;
            case 'œ' or 'Œ':
                target.Append("oe");
                return;
            case 'ø' or 'Ø':
                target.Append('o');
                return;
            case < '\u0080':
                target.Append(char.ToLowerInvariant(character));
                return;
        }

        if (char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark)
            return;

        var index = character - '\u00C0';
        target.Append(index >= 0 && index < LatinBases.Length && LatinBases[index] != '.'
            ? LatinBases[index]
            : char.ToLowerInvariant(character));
    }

    public static string Of(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var character in text)
            Append(folded, character);
        return folded.ToString();
    }
}
