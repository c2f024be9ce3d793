using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AiMesh.AuthService.Passwords;

/// <summary>
/// A password hash with everything it takes to check it, in the PHC string format
/// (<c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, base64 without padding).
/// See https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md.
/// </summary>
internal sealed record PhcString(string Algorithm, int? Version, ImmutableSortedDictionary<string, int> Parameters, byte[] Salt, byte[] Hash)
{
    public override string ToString()
    {
        var version = Version is { } number ? string.Create(CultureInfo.InvariantCulture, $"$v={number}") : "";

        // The order of parameters is part of each algorithm's format.
        var parameters = string.Join(',', Order(Algorithm).Select(name => string.Create(CultureInfo.InvariantCulture, $"{name}={Parameters[name]}")));
        return $"${Algorithm}{version}${parameters}${Encode(Salt)}${Encode(Hash)}";
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out PhcString? parsed)
    {
        parsed = null;
        var parts = text.Split('$');
        if (parts.Length is not (5 or 6) || parts[0].Length > 0 || Order(parts[1]).Length == 0) return false;

        int? version = null;
        if (parts.Length == 6)
        {
            if (!TryParseNumber(parts[2], "v", out var number)) return false;
            version = number;
        }

        var names = Order(parts[1]);
        var values = parts[^3].Split(',');
        if (values.Length != names.Length) return false;
        var parameters = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            if (!TryParseNumber(values[i], names[i], out var value)) return false;
            parameters[names[i]] = value;
        }

        if (!TryDecode(parts[^2], out var salt) || !TryDecode(parts[^1], out var hash)) return false;
        parsed = new PhcString(parts[1], version, parameters.ToImmutable(), salt, hash);
        return true;
    }

    private static string[] Order(string algorithm) => algorithm switch
    {
        Argon2id.Name => ["m", "t", "p"],
        Pbkdf2.Name => ["i"],
        _ => [],
    };

    private static bool TryParseNumber(string text, string name, out int value)
    {
        value = 0;
        return text.StartsWith($"{name}=", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        if (!Convert.TryFromBase64String(padded, bytes, out var length)) return false;
        bytes = bytes[..length];
        return length > 0;
    }
}
