using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AiMesh.AuthService.Passwords;

/// <summary>Argon2id (RFC 9106) by the reference implementation, libargon2.</summary>
internal sealed partial class Argon2id(int memoryKiB, int passes) : IPasswordAlgorithm
{
    public const string Name = "argon2id";

    private const string Library = "libargon2.so.1";
    private const int Version = 0x13;
    private const int Lanes = 1;
    private const int SaltLength = 16;
    private const int HashLength = 32;

    /// <summary>Whether libargon2 is installed on this machine.</summary>
    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, out _);

    public string Algorithm => Name;

    public PhcString Hash(ReadOnlySpan<byte> password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var parameters = ImmutableSortedDictionary<string, int>.Empty.Add("m", memoryKiB).Add("t", passes).Add("p", Lanes);
        return new PhcString(Name, Version, parameters, salt, Compute(password, salt, memoryKiB, passes, Lanes, HashLength));
    }

    public byte[] HashLike(PhcString stored, ReadOnlySpan<byte> password) =>
        Compute(password, stored.Salt, stored.Parameters["m"], stored.Parameters["t"], stored.Parameters["p"], stored.Hash.Length);

    public bool IsCurrent(PhcString stored) =>
        stored.Version == Version && stored.Parameters["m"] == memoryKiB && stored.Parameters["t"] == passes && stored.Parameters["p"] == Lanes
        && stored.Salt.Length == SaltLength && stored.Hash.Length == HashLength;

    private static byte[] Compute(ReadOnlySpan<byte> password, byte[] salt, int memoryKiB, int passes, int lanes, int length)
    {
        var hash = new byte[length];
        var result = argon2id_hash_raw(
            (uint)passes, (uint)memoryKiB, (uint)lanes, password, (nuint)password.Length, salt, (nuint)salt.Length, hash, (nuint)length);
        return result == 0 ? hash : throw new CryptographicException($"libargon2 refused with error {result}.");
    }

    [LibraryImport(Library)]
    private static partial int argon2id_hash_raw(
        uint passes, uint memoryKiB, uint lanes,
        ReadOnlySpan<byte> password, nuint passwordLength,
        ReadOnlySpan<byte> salt, nuint saltLength,
        Span<byte> hash, nuint hashLength);
}
