using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>A public key of a provider. It verifies the algorithms of its kind, or the one that it names, and nothing else.</summary>
internal sealed class ProviderKey
{
    private const int MinRsaBits = 2_048;
    private const int MaxRsaBits = 8_192;
    private const int MaxExponentLength = 4;
    private const int CoordinateLength = 32;

    private readonly string? _algorithm;
    private readonly RSAParameters? _rsa;
    private readonly ECParameters? _curve;

    private ProviderKey(string? id, string? algorithm, RSAParameters? rsa, ECParameters? curve) => (Id, _algorithm, _rsa, _curve) = (id, algorithm, rsa, curve);

    public string? Id { get; }

    /// <summary>Reads a JWK; null for keys of other kinds and uses, which RFC 7517 section 5 says to pass over, and for weak ones.</summary>
    public static ProviderKey? Read(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object || jwk.Text("use") is not (null or "sig")) return null;
        var algorithm = jwk.Text("alg");
        return jwk.Text("kty") switch
        {
            "RSA" when algorithm is null or SigningAlgorithm.Rs256 or SigningAlgorithm.Ps256 && ReadRsa(jwk) is { } rsa => new ProviderKey(jwk.Text("kid"), algorithm, rsa, null),
            "EC" when algorithm is null or SigningAlgorithm.Es256 && ReadCurve(jwk) is { } curve => new ProviderKey(jwk.Text("kid"), algorithm, null, curve),
            _ => null,
        };
    }

    public bool Fits(string algorithm) =>
        (_algorithm is null || _algorithm == algorithm)
        && (algorithm == SigningAlgorithm.Es256 ? _curve is not null : _rsa is not null && algorithm is SigningAlgorithm.Rs256 or SigningAlgorithm.Ps256);

    /// <summary>Verifies a signature by an algorithm that <see cref="Fits"/>.</summary>
    public bool Verify(string algorithm, byte[] data, byte[] signature)
    {
        if (!Fits(algorithm)) return false;
        if (_curve is { } curve)
        {
            using var ecdsa = ECDsa.Create(curve);
            return ecdsa.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        using var rsa = RSA.Create(_rsa!.Value);
        return rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, algorithm == SigningAlgorithm.Ps256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }

    private static RSAParameters? ReadRsa(JsonElement jwk)
    {
        if (Bytes(jwk, "n") is not { } modulus || Bytes(jwk, "e") is not { } exponent) return null;
        var bits = modulus.Length * 8;
        var isOdd = exponent is [.., var last] && (last & 1) == 1;
        if (bits is < MinRsaBits or > MaxRsaBits || modulus[0] == 0 || exponent.Length > MaxExponentLength || !isOdd || exponent is [1]) return null;
        var parameters = new RSAParameters { Modulus = modulus, Exponent = exponent };
        return IsUsable(() => RSA.Create(parameters)) ? parameters : null;
    }

    private static ECParameters? ReadCurve(JsonElement jwk)
    {
        if (jwk.Text("crv") != "P-256" || Bytes(jwk, "x") is not { Length: CoordinateLength } x || Bytes(jwk, "y") is not { Length: CoordinateLength } y) return null;
        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
        return IsUsable(() => ECDsa.Create(parameters)) ? parameters : null;
    }

    private static bool IsUsable(Func<IDisposable> create)
    {
        try
        {
            create().Dispose();
            return true;
        }
        catch (CryptographicException)
        {
            return false; // A point that is not on the curve, for example.
        }
    }

    private static byte[]? Bytes(JsonElement jwk, string name) =>
        jwk.Text(name) is { Length: > 0 } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
