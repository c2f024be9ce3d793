using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace AiMesh.IoTIngest.Credentials;

/// <summary>
/// What a device signs in with: <c>amd_{organisation}_{id}_{secret}{checksum}</c>. The prefix lets scanners recognise one that leaked; the
/// organisation says where to look the id up, so that no query has to reach across organisations; the secret holds 256 random bits; the
/// checksum tells a typing error from a wrong credential without asking the database.
/// </summary>
internal sealed partial class DeviceCredential
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 12;
    private const int SecretLength = 43; // log2(62) · 43 = 256
    private const int ChecksumLength = 6; // 62^6 > 2^32
    private const int LongestText = 200;

    private DeviceCredential(string organisation, string id, string text) => (Organisation, Id, Text) = (organisation, id, text);

    public string Organisation { get; }

    /// <summary>Names the credential in the registry and in logs; not secret.</summary>
    public string Id { get; }

    /// <summary>The whole credential. Secret: shown once, never stored.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the text: what is stored.</summary>
    public byte[] ComputeHash() => SHA256.HashData(Encoding.ASCII.GetBytes(Text));

    public static DeviceCredential Create(string organisation)
    {
        var id = RandomNumberGenerator.GetString(Digits, IdLength);
        var body = $"amd_{organisation}_{id}_{RandomNumberGenerator.GetString(Digits, SecretLength)}";
        return new DeviceCredential(organisation, id, body + Checksum(body));
    }

    public static bool TryParse(string? text, [NotNullWhen(true)] out DeviceCredential? credential)
    {
        credential = null;
        if (text is null || text.Length > LongestText || Form().Match(text) is not { Success: true } match)
            return false;

        if (!text.AsSpan()[^ChecksumLength..].SequenceEqual(Checksum(text.AsSpan()[..^ChecksumLength])))
            return false;

        credential = new DeviceCredential(match.Groups[1].Value, match.Groups[2].Value, text);
        return true;
    }

    public override string ToString() => $"amd_{Organisation}_{Id}_…";

    private static string Checksum(ReadOnlySpan<char> body)
    {
        var crc = uint.MaxValue;
        foreach (var character in body)
            crc = BitOperations.Crc32C(crc, (byte)character);

        Span<char> digits = stackalloc char[ChecksumLength];
        for (var index = ChecksumLength - 1; index >= 0; index--)
            (crc, digits[index]) = (crc / 62, Digits[(int)(crc % 62)]);
        return new string(digits);
    }

    [GeneratedRegex("^amd_([a-z0-9-]{1,63})_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}\\z")]
    private static partial Regex Form();
}
