using System.Buffers.Text;
using System.Security.Cryptography;
using AiMesh.AuthService.Keys;

namespace AiMesh.AuthService.Sessions;

/// <summary>
/// An opaque refresh token: 256 random bits behind a prefix by which scanners for leaked secrets recognise it. The database holds
/// its SHA-256 only, which is enough for a secret that nobody can guess.
/// </summary>
internal sealed class RefreshToken
{
    private const string Prefix = "amrt_";
    private const int Length = 32;
    private const int EncodedLength = 43;

    private readonly byte[] _secret;

    private RefreshToken(byte[] secret)
    {
        _secret = secret;
        Hash = SHA256.HashData(secret);
    }

    /// <summary>What it is found by.</summary>
    public byte[] Hash { get; }

    public static RefreshToken New() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Reads a token; null for what was never one.</summary>
    public static RefreshToken? Parse(string text)
    {
        if (text.Length != Prefix.Length + EncodedLength || !text.StartsWith(Prefix, StringComparison.Ordinal)) return null;

        var secret = new byte[Length + 1];
        return Base64Url.IsValid(text.AsSpan(Prefix.Length)) && Base64Url.TryDecodeFromChars(text.AsSpan(Prefix.Length), secret, out var length) && length == Length
            ? new RefreshToken(secret[..Length])
            : null;
    }

    /// <summary>
    /// The successor in a form that only this token opens again. Within the grace a spent token can so be answered with the same
    /// successor, and still nobody who reads the database, or holds the master key, finds a usable token there.
    /// </summary>
    public byte[] Seal(RefreshToken successor) => SealedBox.Seal(SealingKey(), successor._secret, "refresh token"u8);

    /// <summary>The successor that was sealed with this token.</summary>
    /// <exception cref="InvalidOperationException">It was sealed with another token.</exception>
    public RefreshToken Open(byte[] sealedSuccessor) =>
        new(SealedBox.Open(SealingKey(), sealedSuccessor, "refresh token"u8) ?? throw new InvalidOperationException("The successor of a refresh token does not open."));

    /// <summary>As clients hold it.</summary>
    public override string ToString() => Prefix + Base64Url.EncodeToString(_secret);

    private byte[] SealingKey() => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, SealedBox.KeyLength, info: "aimesh refresh token successor"u8.ToArray());
}
