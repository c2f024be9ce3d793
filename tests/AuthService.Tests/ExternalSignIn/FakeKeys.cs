using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AiMesh.AuthService.Tests.ExternalSignIn;

/// <summary>The key of a fake provider, and every signature that can be made with it, right and wrong.</summary>
internal sealed class FakeKeys(string algorithm = "ES256")
{
    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);

    public string Algorithm { get; } = algorithm;

    public string Id { get; } = $"key-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    /// <summary>Changes what is published of the key.</summary>
    public Action<JsonObject> Published { get; set; } = static _ => { };

    public JsonObject ToJwks()
    {
        var key = Algorithm == "ES256" ? Curve() : Rsa();
        key["kid"] = Id;
        key["use"] = "sig";
        Published(key);
        return new JsonObject { ["keys"] = new JsonArray(key, new JsonObject { ["kty"] = "oct", ["kid"] = "other", ["k"] = "AAAA" }) };
    }

    /// <summary>Signs by the algorithm that the header names, with "none" and HMAC over the public key among them.</summary>
    public string Sign(JsonObject header, JsonObject claims)
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Encode(SignBytes(header["alg"]?.ToString(), Encoding.ASCII.GetBytes(signed)))}";
    }

    private byte[] SignBytes(string? name, byte[] data) => name switch
    {
        "ES256" => _curve.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
        "RS256" => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "PS256" => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        "RS512" => _rsa.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem()), data),
        _ => [],
    };

    private JsonObject Curve()
    {
        var point = _curve.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Encode(point.X!), ["y"] = Encode(point.Y!) };
    }

    private JsonObject Rsa()
    {
        var parameters = _rsa.ExportParameters(includePrivateParameters: false);
        return new JsonObject { ["kty"] = "RSA", ["n"] = Encode(parameters.Modulus!), ["e"] = Encode(parameters.Exponent!) };
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
