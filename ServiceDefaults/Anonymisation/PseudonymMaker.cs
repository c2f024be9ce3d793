using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>Keyed hashes, and values made of them. Spellings of one value give one result.</summary>
internal sealed class PseudonymMaker(byte[] key)
{
    public string Hash(string value, PersonalKind kind) => Convert.ToHexStringLower(Digest("hash", value, kind).AsSpan(0, 12));

    /// <summary>Out of ranges that are never given to anybody: an invalid domain, an unassigned country, reserved networks.</summary>
    public string Pseudonym(string value, PersonalKind kind)
    {
        var digest = Digest("pseudonym", value, kind);
        var name = Convert.ToHexStringLower(digest.AsSpan(0, 6));
        return kind switch
        {
            PersonalKind.Email => $"{name}@pseudonym.invalid",
            PersonalKind.Phone => $"+999{Digits(digest, 9)}",
            PersonalKind.Name => $"Person {name}",
            PersonalKind.CardNumber => Unlucky($"9999{Digits(digest, 11)}"),
            PersonalKind.Iban => Iban(Digits(digest, 16)),
            PersonalKind.NationalId => $"ID-{name}",
            PersonalKind.Address => $"Address {name}",
            PersonalKind.IpAddress when value.Contains(':', StringComparison.Ordinal) => Documentation(digest),
            PersonalKind.IpAddress => new IPAddress([(byte)(240 | (digest[0] & 7)), digest[1], digest[2], digest[3]]).ToString(),
            _ => $"p-{name}",
        };
    }

    private byte[] Digest(string what, string value, PersonalKind kind) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{what} {kind} {Canonical(value, kind)}"));

    private static string Canonical(string value, PersonalKind kind) => kind switch
    {
        PersonalKind.Phone => string.Concat(value.Trim().StartsWith("00", StringComparison.Ordinal) ? "+" + Compact(value)[2..] : (value.Contains('+', StringComparison.Ordinal) ? "+" : "") + Compact(value)),
        PersonalKind.CardNumber or PersonalKind.Iban or PersonalKind.NationalId => Compact(value).ToUpperInvariant(),
        PersonalKind.IpAddress when IPAddress.TryParse(value.Trim(), out var address) => address.ToString(),
        PersonalKind.Email or PersonalKind.Name or PersonalKind.Address => string.Join(' ', value.Normalize().ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        _ => value,
    };

    private static string Compact(string value) => new([.. value.Where(char.IsLetterOrDigit)]);

    private static string Digits(byte[] digest, int count)
    {
        var number = BinaryPrimitives.ReadUInt64BigEndian(digest.AsSpan(8)) % (ulong)Math.Pow(10, count);
        return number.ToString(CultureInfo.InvariantCulture).PadLeft(count, '0');
    }

    /// <summary>A last digit with which the number is no card's.</summary>
    private static string Unlucky(string digits) => digits + (Checksums.Luhn($"{digits}0") ? '1' : '0');

    /// <summary>Of the country ZZ, which there is not, and otherwise sound.</summary>
    private static string Iban(string account) => string.Create(CultureInfo.InvariantCulture, $"ZZ{98 - Checksums.Mod97($"{account}ZZ00"):00}{account}");

    /// <summary>Of 2001:db8::/32, which is for documentation.</summary>
    private static string Documentation(byte[] digest)
    {
        byte[] address = [0x20, 0x01, 0x0d, 0xb8, .. digest.AsSpan(0, 12)];
        return new IPAddress(address).ToString();
    }
}
