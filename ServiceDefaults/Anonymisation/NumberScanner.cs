using System.Net;
using System.Net.Sockets;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>Everything with digits in it: addresses of hosts, IBANs, cards, ids of persons, telephone numbers.</summary>
internal static class NumberScanner
{
    private const int MaxCompact = 34;
    private const int MaxHost = 45;

    private static readonly (string Country, int Length)[] IbanLengths =
    [
        ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22),
        ("CY", 28), ("CZ", 24), ("DE", 22), ("DK", 18), ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FO", 18), ("FR", 27), ("GB", 22), ("GE", 22),
        ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HR", 21), ("HU", 28), ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30),
        ("KZ", 20), ("LB", 28), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21), ("MC", 27), ("MD", 24), ("ME", 22), ("MK", 19), ("MR", 27), ("MT", 31), ("MU", 30),
        ("NL", 18), ("NO", 15), ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22), ("SA", 24), ("SE", 24), ("SI", 19), ("SK", 24),
        ("SM", 27), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20),
    ];

    public static void Find(string text, Findings found)
    {
        Span<char> compact = stackalloc char[MaxCompact];
        Span<int> ends = stackalloc int[MaxCompact];
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!IsStart(c) || (i > 0 && IsInner(text[i - 1]) && c is not ('+' or '('))) continue;
            if (found.IsTaken(i)) continue;
            var end = Host(text, i);
            if (end > 0)
            {
                found.Add(i, end, PersonalKind.IpAddress);
                i = end - 1;
                continue;
            }

            var (kind, length) = Number(text, i, compact, ends);
            if (length == 0) continue;
            found.Add(i, i + length, kind);
            i += length - 1;
        }
    }

    private static bool IsStart(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '(' or ':';

    private static bool IsInner(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or ':';

    private static int Host(string text, int start)
    {
        var (end, dots, colons) = (start, 0, 0);
        while (end < text.Length && end - start <= MaxHost && (char.IsAsciiHexDigit(text[end]) || text[end] is '.' or ':'))
        {
            if (text[end] == '.') dots++;
            if (text[end] == ':') colons++;
            end++;
        }

        while (end > start && text[end - 1] is '.' || end > start + 2 && text[end - 1] == ':' && text[end - 2] != ':')
        {
            if (text[--end] == '.') dots--;
            else colons--;
        }

        if (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) return 0;
        var candidate = text.AsSpan(start, end - start);
        if (colons >= 2 && candidate.ContainsAnyInRange('0', '9')) return IPAddress.TryParse(candidate, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? end : 0;
        if (dots != 3) return 0;

        // "192.0.2.1:8080" as well.
        var host = candidate.IndexOf(':') is >= 0 and var port ? candidate[..port] : candidate;
        return IsQuad(host) ? start + host.Length : 0;
    }

    private static bool IsQuad(ReadOnlySpan<char> host)
    {
        var parts = 0;
        foreach (var range in host.Split('.'))
        {
            var part = host[range];
            if (part.Length is 0 or > 3 || !NationalIds.IsDigits(part) || (part.Length > 1 && part[0] == '0') || (part.Length == 3 && part.CompareTo("255", StringComparison.Ordinal) > 0)) return false;
            parts++;
        }

        return parts == 4;
    }

    private static (PersonalKind Kind, int Length) Number(string text, int start, Span<char> compact, Span<int> ends)
    {
        // Letters and digits with single separators between them, and where each ends.
        var (count, digits, i, plus) = (0, 0, start, text[start] == '+');
        if (plus) i++;
        var gap = 0;
        for (; i < text.Length && count < MaxCompact; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetterOrDigit(c))
            {
                if (char.IsAsciiDigit(c)) digits++;
                (compact[count], ends[count]) = (char.ToUpperInvariant(c), i + 1);
                count++;
                gap = 0;
            }
            else if (c is not (' ' or '-' or '.' or '/' or '(' or ')' or '+' or '\u00A0') || gap++ == 2)
            {
                break;
            }
        }

        if (digits < 6) return default;
        if (!plus && text[start] != '(')
        {
            if (Iban(text, start, compact[..count], ends) is > 0 and var iban) return (PersonalKind.Iban, iban - start);
            if (Id(text, start, compact[..count], ends) is > 0 and var id) return (PersonalKind.NationalId, id - start);
            if (Card(text, start, compact[..count], ends) is > 0 and var card) return (PersonalKind.CardNumber, card - start);
        }

        return PhoneScanner.Length(text, start) is > 0 and var phone ? (PersonalKind.Phone, phone) : default;
    }

    private static int Iban(string text, int start, ReadOnlySpan<char> compact, ReadOnlySpan<int> ends)
    {
        if (compact.Length < 15 || !char.IsAsciiLetter(compact[0]) || !char.IsAsciiLetter(compact[1]) || !NationalIds.IsDigits(compact[2..4])) return 0;
        var length = 0;
        foreach (var (country, expected) in IbanLengths) if (compact[..2].SequenceEqual(country)) length = expected;
        return length > 0 && length <= compact.Length && EndsHere(text, ends[length - 1]) && IsGrouped(text.AsSpan(start, ends[length - 1] - start), " ") && Checksums.Iban(compact[..length]) ? ends[length - 1] : 0;
    }

    private static int Id(string text, int start, ReadOnlySpan<char> compact, ReadOnlySpan<int> ends)
    {
        foreach (var length in (ReadOnlySpan<int>)[16, 15, 12, 11, 10, 9])
        {
            if (length > compact.Length || !EndsHere(text, ends[length - 1])) continue;
            var token = text.AsSpan(start, ends[length - 1] - start);
            if (IsGrouped(token, " -.+") && NationalIds.Is(token, compact[..length])) return ends[length - 1];
        }

        return 0;
    }

    private static int Card(string text, int start, ReadOnlySpan<char> compact, ReadOnlySpan<int> ends)
    {
        for (var length = Math.Min(19, compact.Length); length >= 13; length--)
        {
            var digits = compact[..length];
            if (!NationalIds.IsDigits(digits) || !IsIssued(digits) || !digits.ContainsAnyExcept(digits[0])) continue;
            if (EndsHere(text, ends[length - 1]) && IsGrouped(text.AsSpan(start, ends[length - 1] - start), " -") && Checksums.Luhn(digits)) return ends[length - 1];
        }

        return 0;
    }

    // Lengths as the networks issue them.
    private static bool IsIssued(ReadOnlySpan<char> digits) => digits switch
    {
        ['4', ..] => digits.Length is 13 or 16 or 19,
        ['3', '4' or '7', ..] => digits.Length == 15,
        ['3', '0' or '6' or '8' or '9', ..] => digits.Length is 14 or 16,
        ['3', '5', ..] => digits.Length == 16,
        ['5', ..] or ['2', >= '2' and <= '7', ..] => digits.Length == 16,
        ['6', ..] => digits.Length is >= 16 and <= 19,
        _ => false,
    };

    private static bool EndsHere(string text, int end) => end >= text.Length || !char.IsLetterOrDigit(text[end]);

    /// <summary>Only these separators, one at a time.</summary>
    private static bool IsGrouped(ReadOnlySpan<char> token, string separators)
    {
        for (var i = 0; i < token.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit(token[i])) continue;
            var separator = token[i] == '\u00A0' ? ' ' : token[i];
            if (!separators.Contains(separator) || (i > 0 && !char.IsAsciiLetterOrDigit(token[i - 1]))) return false;
        }

        return true;
    }
}
