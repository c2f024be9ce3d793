namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>Check digits. Every method takes letters and digits alone.</summary>
internal static class Checksums
{
    /// <summary>ISO/IEC 7812-1, of payment cards and others.</summary>
    public static bool Luhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            if (i % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    /// <summary>The remainder by 97 where a letter stands for two digits (A is 10).</summary>
    public static int Mod97(ReadOnlySpan<char> text)
    {
        var rest = 0;
        foreach (var c in text)
        {
            var value = char.IsAsciiDigit(c) ? c - '0' : char.ToUpperInvariant(c) - 'A' + 10;
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
        }

        return rest;
    }

    /// <summary>ISO 13616: the first four characters go to the end, and the remainder by 97 is 1.</summary>
    public static bool Iban(ReadOnlySpan<char> iban) => Mod97([.. iban[4..], .. iban[..4]]) == 1;

    /// <summary>A sum of digits by weights.</summary>
    public static int Weighted(ReadOnlySpan<char> digits, ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++) sum += (digits[i] - '0') * weights[i];
        return sum;
    }

    /// <summary>ISO 7064 MOD 11,10 of a German tax id (eleven digits).</summary>
    public static bool Mod11And10(ReadOnlySpan<char> digits)
    {
        var product = 10;
        foreach (var c in digits[..^1])
        {
            var sum = (c - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }

        return (11 - product) % 10 == digits[^1] - '0';
    }
}
