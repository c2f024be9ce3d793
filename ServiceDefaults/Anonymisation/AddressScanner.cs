using System.Collections.Frozen;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Street and house number: "221B Baker Street", "12 rue de la Paix", "Hauptstraße 5a", "Calle Mayor 10", "Via Roma, 3". The word for the street tells.
/// </summary>
internal static class AddressScanner
{
    private const int MaxWords = 5;

    // Behind the name: "Baker Street".
    private static readonly FrozenSet<string> Behind = Set("street st avenue ave road rd lane ln drive dr boulevard blvd court ct square sq terrace place pl highway hwy parkway way close crescent gardens");

    // Before the name: "rue de la Paix".
    private static readonly FrozenSet<string> Before = Set("rue avenue boulevard chemin impasse allée quai place calle avenida plaza paseo via viale piazza corso rua travessa ulica");

    private static readonly string[] Endings = ["straße", "strasse", "str", "weg", "gasse", "allee", "platz", "ufer", "ring", "damm", "straat", "laan", "gracht", "plein", "gatan", "vägen", "gade", "vej"];

    public static void Find(string text, Findings found)
    {
        var words = Word.AllOf(text);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].In(text);
            if (words[i].IsCapital && IsCompound(word)) HouseBehind(text, words[i].Start, words[i].End, found);
            else if (Has(Before, word)) BeforeName(text, words, i, found);
            if (words[i].IsCapital && Has(Behind, word)) BehindName(text, words, i, found);
        }
    }

    private static bool IsCompound(ReadOnlySpan<char> word)
    {
        foreach (var ending in Endings)
            if (word.Length > ending.Length + 2 && word.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    // "221B Baker Street": back over capitalised words to a number.
    private static void BehindName(string text, List<Word> words, int last, Findings found)
    {
        for (var first = last - 1; first >= 0 && last - first <= MaxWords && words[first].Precedes(words[first + 1], text); first--)
        {
            if (HouseBefore(text, words[first].Start) is >= 0 and var house && first < last)
            {
                found.Add(house, words[last].End, PersonalKind.Address);
                return;
            }

            if (!words[first].IsCapital) return;
        }
    }

    private static void BeforeName(string text, List<Word> words, int street, Findings found)
    {
        var last = street;
        for (var next = street + 1; next < words.Count && next - street <= MaxWords && words[next - 1].Precedes(words[next], text); next++)
        {
            if (words[next].IsCapital) last = next;
            else if (words[next].Length > 4) break;
        }

        if (last == street) return;
        if (HouseBefore(text, words[street].Start) is >= 0 and var house) found.Add(house, words[last].End, PersonalKind.Address);
        else if (words[street].IsCapital) HouseBehind(text, words[street].Start, words[last].End, found);
    }

    /// <summary>Where the house number begins that ends before this; -1 where there is none.</summary>
    private static int HouseBefore(string text, int start)
    {
        var i = start - 1;
        if (i >= 0 && text[i] is ' ' or ',') i--;
        if (i >= 0 && text[i] == ',') i--;
        if (i > 0 && char.IsAsciiLetter(text[i]) && char.IsAsciiDigit(text[i - 1])) i--;
        var end = i;
        while (i >= 0 && end - i < 5 && char.IsAsciiDigit(text[i])) i--;
        return i < end && (i < 0 || (!char.IsLetterOrDigit(text[i]) && text[i] is not ('.' or ',' or '-'))) ? i + 1 : -1;
    }

    private static void HouseBehind(string text, int start, int end, Findings found)
    {
        var i = end;
        while (i < text.Length && i - end < 3 && text[i] is ' ' or '.' or ',') i++;
        var digits = i;
        while (i < text.Length && i - digits < 5 && char.IsAsciiDigit(text[i])) i++;
        if (i == digits) return;
        if (i < text.Length && char.IsAsciiLetter(text[i])) i++;
        if (i < text.Length && char.IsLetterOrDigit(text[i])) return;
        found.Add(start, i, PersonalKind.Address);
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static bool Has(FrozenSet<string> set, ReadOnlySpan<char> word) => set.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
}
