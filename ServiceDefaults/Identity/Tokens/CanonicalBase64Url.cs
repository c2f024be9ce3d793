using System.Buffers.Text;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// base64url of RFC 4648 section 5 without padding, in its one canonical spelling: a text that decodes but would be encoded
/// differently (padding, white space, stray bits in the last character) is refused, so that bytes have exactly one form.
/// </summary>
internal static class CanonicalBase64Url
{
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!IsCanonical(text)) return false;

        var decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.TryDecodeFromChars(text, decoded, out var written)) return false;

        bytes = written == decoded.Length ? decoded : decoded[..written];
        return true;
    }

    private static bool IsCanonical(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
            if (ValueOf(character) < 0) return false;

        // 4 characters hold 3 bytes; a rest of 2 or 3 characters holds 4 or 2 bits that no byte uses, and they must be zero.
        return (text.Length % 4) switch
        {
            0 => true,
            2 => (ValueOf(text[^1]) & 0b1111) == 0,
            3 => (ValueOf(text[^1]) & 0b11) == 0,
            _ => false,
        };
    }

    private static int ValueOf(char character) => character switch
    {
        >= 'A' and <= 'Z' => character - 'A',
        >= 'a' and <= 'z' => character - 'a' + 26,
        >= '0' and <= '9' => character - '0' + 52,
        '-' => 62,
        '_' => 63,
        _ => -1,
    };
}
