namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Numbers of persons that can be told from other numbers by their form and check digits: United States (SSN), United Kingdom (NINO), Spain (DNI, NIE), France
/// (NIR), Italy (codice fiscale), Sweden (personnummer), Germany (tax id), Poland (PESEL).
/// </summary>
internal static class NationalIds
{
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

    /// <param name="token">As it stands in the text, with single separators.</param>
    /// <param name="compact">Its letters and digits, letters in upper case.</param>
    public static bool Is(ReadOnlySpan<char> token, ReadOnlySpan<char> compact) => compact.Length switch
    {
        9 => IsSsn(token, compact) || IsNino(compact) || IsSpanish(compact),
        10 or 12 => IsSwedish(token, compact),
        11 => IsDigits(compact) && (IsGerman(compact) || IsPolish(compact)),
        15 => IsDigits(compact) && IsFrench(compact),
        16 => IsItalian(compact),
        _ => false,
    };

    public static bool IsDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    // Nine digits alone are anything; with the two hyphens they are one.
    private static bool IsSsn(ReadOnlySpan<char> token, ReadOnlySpan<char> digits) =>
        token.Length == 11 && token[3] == '-' && token[6] == '-' && IsDigits(digits)
        && digits[..3] is not ("000" or "666") && digits[0] != '9' && digits[3..5] is not "00" && digits[5..] is not "0000";

    private static bool IsNino(ReadOnlySpan<char> id) =>
        char.IsAsciiLetterUpper(id[0]) && char.IsAsciiLetterUpper(id[1]) && IsDigits(id[2..8]) && id[8] is >= 'A' and <= 'D'
        && !"DFIQUV".Contains(id[0]) && !"DFIQUVO".Contains(id[1]) && id[..2] is not ("BG" or "GB" or "KN" or "NK" or "NT" or "TN" or "ZZ");

    private static bool IsSpanish(ReadOnlySpan<char> id)
    {
        if (!IsDigits(id[1..8]) || !char.IsAsciiLetterUpper(id[8])) return false;
        var first = id[0] switch { 'X' => 0, 'Y' => 1, 'Z' => 2, >= '0' and <= '9' => id[0] - '0', _ => -1 };
        return first >= 0 && SpanishLetters[(first * 10_000_000 + int.Parse(id[1..8], System.Globalization.CultureInfo.InvariantCulture)) % 23] == id[8];
    }

    // Without its separator it would be any number.
    private static bool IsSwedish(ReadOnlySpan<char> token, ReadOnlySpan<char> digits) =>
        token.Length == digits.Length + 1 && token[^5] is '-' or '+' && IsDigits(digits) && IsMonthAndDay(digits[^8..^4]) && Checksums.Luhn(digits[^10..]);

    private static bool IsGerman(ReadOnlySpan<char> digits)
    {
        if (digits[0] == '0') return false;

        // Of the first ten digits one comes twice or three times, and all others at most once.
        Span<int> counts = stackalloc int[10];
        foreach (var c in digits[..10]) counts[c - '0']++;
        return counts.Count(2) + counts.Count(3) == 1 && counts.Count(0) is 1 or 2 && Checksums.Mod11And10(digits);
    }

    private static bool IsPolish(ReadOnlySpan<char> digits)
    {
        // The month tells the century too: 20 more for each.
        Span<char> day = [(char)(digits[2] % 2 == 0 ? '0' : '1'), digits[3], digits[4], digits[5]];
        return IsMonthAndDay(day) && (10 - Checksums.Weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == digits[10] - '0';
    }

    private static bool IsFrench(ReadOnlySpan<char> digits) =>
        digits[0] is '1' or '2' && digits[3..5] is not "00" && 97 - Checksums.Mod97(digits[..13]) == (digits[13] - '0') * 10 + digits[14] - '0';

    private static bool IsItalian(ReadOnlySpan<char> id)
    {
        for (var i = 0; i < 16; i++)
        {
            // Letters for digits where two people would have the same (omocodia) stand at the places of digits.
            var isDigitPlace = i is 6 or 7 or 9 or 10 or 12 or 13 or 14;
            if (isDigitPlace ? !char.IsAsciiDigit(id[i]) && !"LMNPQRSTUV".Contains(id[i]) : !char.IsAsciiLetterUpper(id[i])) return false;
        }

        if (!"ABCDEHLMPRST".Contains(id[8])) return false;
        ReadOnlySpan<int> odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
        var sum = 0;
        for (var i = 0; i < 15; i++)
        {
            var value = char.IsAsciiDigit(id[i]) ? id[i] - '0' : id[i] - 'A';
            sum += i % 2 == 0 ? odd[value] : value;
        }

        return id[15] == 'A' + sum % 26;
    }

    private static bool IsMonthAndDay(ReadOnlySpan<char> digits)
    {
        var (month, day) = ((digits[0] - '0') * 10 + digits[1] - '0', (digits[2] - '0') * 10 + digits[3] - '0');
        return month is >= 1 and <= 12 && day is >= 1 and <= 31;
    }
}
