using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.IoTIngest.Storage;

/// <summary>
/// Where the next page begins. It holds nothing that the caller was not shown, so it is not secret; it is bound to the request it
/// came from, so that a token used with other filters is an error and not a wrong answer.
/// </summary>
internal static class PageToken
{
    private const byte Version = 1;
    private const int FingerprintLength = 8;
    private const int LongestToken = 512;

    /// <param name="request">Organisation and filters, in one text.</param>
    /// <param name="position">Of the last row of this page.</param>
    public static string Write(string request, ReadOnlySpan<byte> position) =>
        Base64Url.EncodeToString([Version, .. Fingerprint(request), .. position]);

    /// <summary>False for a token of another request, and for anything that is no token.</summary>
    public static bool TryRead(string token, string request, [NotNullWhen(true)] out byte[]? position)
    {
        position = null;
        if (token.Length > LongestToken || !Base64Url.IsValid(token))
            return false;

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < 1 + FingerprintLength || bytes[0] != Version || !bytes.AsSpan(1, FingerprintLength).SequenceEqual(Fingerprint(request)))
            return false;

        position = bytes[(1 + FingerprintLength)..];
        return true;
    }

    private static byte[] Fingerprint(string request) => SHA256.HashData(Encoding.UTF8.GetBytes(request))[..FingerprintLength];
}
