using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>One public key that access tokens are signed with. The algorithm belongs to the key: P-256 verifies ES256 and nothing else.</summary>
internal sealed class AccessTokenKey
{
    // .NET promises no thread safety for instances of ECDsa, so each verification borrows one. They live as long as the key does;
    // their handles are released by the finalizer, as a verification may still be under way when a key is retired.
    private readonly ConcurrentBag<ECDsa> _idle = [];
    private readonly ECParameters _parameters;

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public AccessTokenKey(string keyId, ECPoint point)
    {
        KeyId = keyId;
        _parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point };
        _idle.Add(ECDsa.Create(_parameters));
    }

    public string KeyId { get; }

    public ECPoint Point => _parameters.Q;

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!P256.IsCanonical(signature)) return false;

        if (!_idle.TryTake(out var ecdsa)) ecdsa = ECDsa.Create(_parameters);
        var verified = ecdsa.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _idle.Add(ecdsa);
        return verified;
    }

    public bool IsSameAs(AccessTokenKey other) =>
        KeyId == other.KeyId && Point.X.AsSpan().SequenceEqual(other.Point.X) && Point.Y.AsSpan().SequenceEqual(other.Point.Y);
}
