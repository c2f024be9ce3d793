using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>The public keys that the authority signs access tokens with, in the format of RFC 7517. Immutable.</summary>
public sealed class AccessTokenKeySet
{
    /// <summary>No keys.</summary>
    public static readonly AccessTokenKeySet Empty = new([]);

    /// <summary>The largest document that is read, in bytes.</summary>
    public const int MaxDocumentLength = 64 * 1024;

    private const int MaxKeys = 64;
    private const int CoordinateLength = 32;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly FrozenDictionary<string, AccessTokenKey> _keys;

    private AccessTokenKeySet(IEnumerable<AccessTokenKey> keys) =>
        _keys = keys.ToFrozenDictionary(static key => key.KeyId, StringComparer.Ordinal);

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Count;

    /// <summary>A set of the public halves of <paramref name="keys"/>.</summary>
    /// <exception cref="ArgumentException">A key id is malformed or occurs twice, or a key is not on the curve P-256.</exception>
    public static AccessTokenKeySet Create(params IEnumerable<(string KeyId, ECDsa Key)> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new AccessTokenKeySet(keys.Select(static entry =>
        {
            var parameters = entry.Key.ExportParameters(includePrivateParameters: false);
            if (parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value || !AccessTokenFormat.IsKeyId(entry.KeyId))
                throw new ArgumentException("ES256 takes keys on the curve P-256 with plain ids.", nameof(keys));
            return new AccessTokenKey(entry.KeyId, parameters.Q);
        }));
    }

    /// <summary>
    /// Reads a JWKS document. Keys for other uses, algorithms or curves are passed over, as RFC 7517 section 5 demands; a document
    /// that is not strict JSON, names a key id twice or shows a private key is refused whole.
    /// </summary>
    public static bool TryParse(ReadOnlyMemory<byte> jwks, out AccessTokenKeySet set)
    {
        set = Empty;
        if (jwks.Length > MaxDocumentLength) return false;
        try
        {
            using var document = JsonDocument.Parse(jwks, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxKeys)
            {
                return false;
            }

            var keys = new Dictionary<string, AccessTokenKey>(StringComparer.Ordinal);
            foreach (var element in list.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.Object || element.TryGetProperty("d", out _)) return false;
                if (ParseKey(element) is { } key && !keys.TryAdd(key.KeyId, key)) return false;
            }

            set = new AccessTokenKeySet(keys.Values);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or CryptographicException)
        {
            // Not JSON, half a surrogate pair in a string, or a point that is not on the curve.
            return false;
        }
    }

    /// <summary>The JWKS document of these keys, UTF-8.</summary>
    public byte[] ToJwks()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (var key in _keys.Values.OrderBy(static key => key.KeyId, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("kty", "EC");
            json.WriteString("crv", "P-256");
            json.WriteString("alg", AccessTokenFormat.Algorithm);
            json.WriteString("use", "sig");
            json.WriteString("kid", key.KeyId);
            json.WriteString("x", CanonicalBase64Url.Encode(key.Point.X));
            json.WriteString("y", CanonicalBase64Url.Encode(key.Point.Y));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    internal bool TryGet(string keyId, [MaybeNullWhen(false)] out AccessTokenKey key) => _keys.TryGetValue(keyId, out key);

    internal bool IsSameAs(AccessTokenKeySet other) =>
        Count == other.Count && _keys.All(pair => other.TryGet(pair.Key, out var key) && pair.Value.IsSameAs(key));

    private static AccessTokenKey? ParseKey(JsonElement element)
    {
        if (Text(element, "kty") != "EC" || Text(element, "crv") != "P-256") return null;
        if (Text(element, "alg") is { } algorithm && algorithm != AccessTokenFormat.Algorithm) return null;
        if (Text(element, "use") is { } use && use != "sig") return null;
        if (Text(element, "kid") is not { } keyId || !AccessTokenFormat.IsKeyId(keyId)) return null;
        if (!CanonicalBase64Url.TryDecode(Text(element, "x"), out var x) || x.Length != CoordinateLength) return null;
        if (!CanonicalBase64Url.TryDecode(Text(element, "y"), out var y) || y.Length != CoordinateLength) return null;
        return new AccessTokenKey(keyId, new ECPoint { X = x, Y = y });
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
