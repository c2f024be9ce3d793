using System.Collections.Immutable;
using System.Security.Cryptography;

namespace AiMesh.AuthService.Passwords;

/// <summary>PBKDF2 with HMAC-SHA-512 (RFC 8018): slower to check and faster to attack than Argon2id, but always there.</summary>
internal sealed class Pbkdf2(int rounds) : IPasswordAlgorithm
{
    public const string Name = "pbkdf2-sha512";

    private const int SaltLength = 16;
    private const int HashLength = 64;

    public string Algorithm => Name;

    public PhcString Hash(ReadOnlySpan<byte> password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var parameters = ImmutableSortedDictionary<string, int>.Empty.Add("i", rounds);
        return new PhcString(Name, null, parameters, salt, Rfc2898DeriveBytes.Pbkdf2(password, salt, rounds, HashAlgorithmName.SHA512, HashLength));
    }

    public byte[] HashLike(PhcString stored, ReadOnlySpan<byte> password) =>
        Rfc2898DeriveBytes.Pbkdf2(password, stored.Salt, stored.Parameters["i"], HashAlgorithmName.SHA512, stored.Hash.Length);

    public bool IsCurrent(PhcString stored) =>
        stored.Parameters["i"] == rounds && stored.Salt.Length == SaltLength && stored.Hash.Length == HashLength;
}
