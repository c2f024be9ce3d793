using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>SHA-256 of a whole token, so that the cache holds no token that could be used again.</summary>
internal readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenHash Of(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token, hash);
        var parts = MemoryMarshal.Cast<byte, ulong>(hash);
        return new TokenHash(parts[0], parts[1], parts[2], parts[3]);
    }

    // The parts are uniformly distributed already.
    public override int GetHashCode() => (int)A;
}
