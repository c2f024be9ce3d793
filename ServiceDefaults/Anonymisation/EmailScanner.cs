using System.Buffers;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>E-mail addresses: from each "@" to both sides, at most as far as an address can reach (RFC 5321, 4.5.3.1).</summary>
internal static class EmailScanner
{
    private const int MaxLocal = 64;
    private const int MaxDomain = 255;

    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!#$%&'*+-/=?^_`{|}~.");

    public static void Find(string text, Findings found)
    {
        for (var at = text.IndexOf('@', StringComparison.Ordinal); at >= 0; at = at + 1 < text.Length ? text.IndexOf('@', at + 1) : -1)
        {
            var start = at;
            while (start > 0 && at - start < MaxLocal && IsLocal(text[start - 1])) start--;
            while (start < at && !char.IsLetterOrDigit(text[start]) && text[start] != '_') start++;
            var end = EndOfDomain(text, at + 1);
            if (start < at && text[at - 1] != '.' && end > 0) found.Add(start, end, PersonalKind.Email);
        }
    }

    private static bool IsLocal(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || Punctuation.Contains(c);

    // Labels divided by dots, the last of at least two letters.
    private static int EndOfDomain(string text, int start)
    {
        var (end, label, dots) = (start, start, 0);
        var best = 0;
        while (end < text.Length && end - start < MaxDomain)
        {
            var c = text[end];
            if (c == '.' && end > label && text[end - 1] != '-')
            {
                dots++;
                label = ++end;
                continue;
            }

            if (!char.IsLetterOrDigit(c) && !(c == '-' && end > label)) break;
            end++;
            if (dots > 0 && end - label >= 2 && char.IsLetterOrDigit(c) && char.IsLetter(text[label])) best = end;
        }

        // "ann@example.org-" ends before the hyphen; "ann@example.o" is none.
        return best;
    }
}
