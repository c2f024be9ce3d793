using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Writes access tokens: JWT signed with ES256. The format lives here and in <see cref="AccessTokenVerifier"/> only.
/// Safe for concurrent use.
/// </summary>
public sealed class AccessTokenWriter
{
    private readonly Lock _signing = new();
    private readonly ECDsa _key;

    /// <summary>A writer for one signing key, which stays the caller's to dispose.</summary>
    /// <param name="keyId">The <c>kid</c> under which the public key is published: 1 to 64 of A-Z a-z 0-9 - _ .</param>
    /// <param name="key">A private key on the curve P-256.</param>
    /// <exception cref="ArgumentException">The id is malformed or the key is on another curve.</exception>
    public AccessTokenWriter(string keyId, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        ArgumentNullException.ThrowIfNull(key);
        if (!AccessTokenFormat.IsKeyId(keyId)) throw new ArgumentException("A key id is 1 to 64 of A-Z a-z 0-9 - _ .", nameof(keyId));
        if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            throw new ArgumentException("ES256 takes a key on the curve P-256.", nameof(key));

        KeyId = keyId;
        _key = key;
    }

    /// <summary>The <c>kid</c> of the tokens.</summary>
    public string KeyId { get; }

    /// <summary>Writes and signs a token.</summary>
    /// <exception cref="ArgumentException">
    /// The claims could not be verified later: an anonymous kind, an unspecified tier, or more than 8 KiB of token.
    /// </exception>
    public string Write(AccessTokenClaims claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var token = Sign(AccessTokenFormat.Type, Payload(claims));
        return token.Length <= AccessTokenFormat.MaxLength
            ? token
            : throw new ArgumentException("The claims do not fit into an access token of 8 KiB.", nameof(claims));
    }

    /// <summary>Signs another statement, to be verified by <see cref="SignedStatement"/>.</summary>
    /// <param name="type">What sort of statement: its <c>typ</c>, a plain name that is not that of access tokens.</param>
    /// <param name="payload">What it says.</param>
    public string WriteStatement(string type, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (type.Length == 0 || type == AccessTokenFormat.Type || !type.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '+'))
            throw new ArgumentException("A statement has a plain type of its own.", nameof(type));
        return Sign(type, payload);
    }

    private string Sign(string type, ReadOnlySpan<byte> payload)
    {
        var header = $$"""{"alg":"{{AccessTokenFormat.Algorithm}}","typ":"{{type}}","kid":"{{KeyId}}"}""";
        var signed = $"{CanonicalBase64Url.Encode(Encoding.UTF8.GetBytes(header))}.{CanonicalBase64Url.Encode(payload)}";
        var signature = new byte[AccessTokenFormat.SignatureLength];
        var bytes = Encoding.ASCII.GetBytes(signed);

        // .NET promises no thread safety for instances of ECDsa.
        lock (_signing)
            _key.SignData(bytes, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        P256.Canonicalize(signature);
        return $"{signed}.{CanonicalBase64Url.Encode(signature)}";
    }

    private static ReadOnlySpan<byte> Payload(AccessTokenClaims claims)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("iss", claims.Issuer);
        json.WriteString("aud", claims.Audience);
        json.WriteString("sub", claims.Subject);
        json.WriteString("org", claims.Organisation);
        json.WriteString("kind", AccessTokenFormat.NameOf(claims.Kind) ?? throw new ArgumentException("Nobody gets no token.", nameof(claims)));
        WriteNames(json, "roles", claims.Roles);
        WriteNames(json, "perms", claims.Permissions.Patterns);
        json.WriteStartObject("attrs");
        foreach (var (name, value) in claims.Attributes) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteString("tier", AccessTokenFormat.NameOf(claims.Tier) ?? throw new ArgumentException("The tier is unspecified.", nameof(claims)));
        json.WriteString("jti", claims.TokenId);
        json.WriteString("sid", claims.SessionId);
        if (claims.Email is { } email) json.WriteString("email", email);
        if (claims.DisplayName is { } displayName) json.WriteString("name", displayName);
        if (claims.RequestsPerMinute is { } requests) json.WriteNumber("rpm", requests);
        if (claims.AuthenticatedAt is { } authenticated) json.WriteNumber("auth_time", authenticated.ToUnixTimeSeconds());
        json.WriteNumber("iat", claims.IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("nbf", claims.NotBefore.ToUnixTimeSeconds());
        json.WriteNumber("exp", claims.Expires.ToUnixTimeSeconds());
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names) json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
