namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Telephone numbers: with a country code ("+49 30 1234567", "0049 …"), with a trunk zero ("030 1234567"), or in the North American form ("(212) 555-0147").
/// Other groups of digits (dates, amounts, versions) are none.
/// </summary>
internal static class PhoneScanner
{
    private const int MinDigits = 7;
    private const int MaxDigits = 15;

    /// <summary>UTF-16 units of the number that begins there; 0 where none does.</summary>
    public static int Length(string text, int start)
    {
        // The middle of a longer number is none.
        if (start > 1 && text[start - 1] is ' ' or '-' or '.' or '/' && char.IsAsciiDigit(text[start - 2])) return 0;
        var (i, digits, groups, end, open) = (start, 0, 0, 0, 0);
        var inGroup = false;
        for (; i < text.Length && digits <= MaxDigits; i++)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c))
            {
                if (!inGroup) groups++;
                inGroup = true;
                digits++;
                end = i + 1;
                continue;
            }

            inGroup = false;
            if (c == '+' && i == start) continue;
            if (c == '(' && open == 0 && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])) open++;
            else if (c == ')' && open == 1) open = 2;
            else if (c is not (' ' or '-' or '.' or '/' or '\u00A0') || (i > start && text[i - 1] is not (')' or '(') && !char.IsAsciiDigit(text[i - 1]))) break;
        }

        if (digits is < MinDigits or > MaxDigits || (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))) return 0;
        var number = text.AsSpan(start, end - start);
        var isPhone = number[0] == '+'
            || (number.StartsWith("00") && digits >= 10 && number[2] != '0')
            || (number[0] == '0' && number[1] is >= '1' and <= '9' or '-' && groups >= 2 && digits is >= 8 and <= 12 && !number.Contains('.'))
            || IsNorthAmerican(number, digits, groups);
        return isPhone ? number.Length : 0;
    }

    private static bool IsNorthAmerican(ReadOnlySpan<char> number, int digits, int groups)
    {
        Span<int> lengths = stackalloc int[4];
        if (groups is not (3 or 4)) return false;
        var (group, inGroup) = (-1, false);
        foreach (var c in number)
        {
            if (char.IsAsciiDigit(c))
            {
                if (!inGroup) group++;
                lengths[group]++;
            }

            inGroup = char.IsAsciiDigit(c);
        }

        return (groups == 3 && digits == 10 && lengths[..3].SequenceEqual([3, 3, 4])) || (digits == 11 && number[0] == '1' && lengths.SequenceEqual([1, 3, 3, 4]));
    }
}
