namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// ECDSA over P-256 has two valid signatures for each one made, (r, s) and (r, n - s). Tokens carry the one with the smaller s,
/// and only that one is accepted, so that nobody can turn a token into another spelling of itself.
/// </summary>
internal static class P256
{
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    private static ReadOnlySpan<byte> HalfOrder =>
    [
        0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8,
    ];

    /// <summary>Says whether both halves are in range (1 to n-1) and s is the smaller of its pair.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> signature)
    {
        if (signature.Length != AccessTokenFormat.SignatureLength) return false;
        var r = signature[..32];
        var s = signature[32..];
        return r.ContainsAnyExcept((byte)0) && s.ContainsAnyExcept((byte)0)
            && r.SequenceCompareTo(Order) < 0 && s.SequenceCompareTo(HalfOrder) <= 0;
    }

    /// <summary>Replaces s by n - s where that is smaller.</summary>
    public static void Canonicalize(Span<byte> signature)
    {
        var s = signature[32..];
        if (s.SequenceCompareTo(HalfOrder) <= 0) return;

        var borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            var difference = Order[i] - s[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            s[i] = (byte)difference;
        }
    }
}
