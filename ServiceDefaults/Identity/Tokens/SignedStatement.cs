using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Statements that the authority signs with the keys of its access tokens: JWS in compact form (RFC 7515), ES256, header exactly <c>alg</c>,
/// <c>typ</c> and <c>kid</c>. The type keeps one kind of statement from being taken for another, and for an access token. As strict as
/// access tokens: one spelling a statement.
/// </summary>
public static class SignedStatement
{
    /// <summary>The longest statement that is read, in characters.</summary>
    public const int MaxLength = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 2 };

    /// <summary>Verifies a statement.</summary>
    /// <param name="keys">The public keys that it may be signed with.</param>
    /// <param name="type">What its <c>typ</c> must be.</param>
    /// <param name="text">The statement.</param>
    /// <param name="payload">What it says, byte for byte as it was signed.</param>
    /// <param name="problem">What is wrong, for people.</param>
    public static bool TryVerify(
        AccessTokenKeySet keys, string type, string text, [NotNullWhen(true)] out byte[]? payload, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(text);
        payload = null;
        problem = "it is not three parts of base64url in their one spelling, divided by dots";
        if (text.Length > MaxLength || text.Split('.') is not [var header, var body, var signature]) return false;
        if (!CanonicalBase64Url.TryDecode(header, out var headerBytes) || !CanonicalBase64Url.TryDecode(body, out var bodyBytes)
            || !CanonicalBase64Url.TryDecode(signature, out var signatureBytes))
        {
            return false;
        }

        problem = $"its header does not say ES256, the type {type} and a key, and only that";
        if (KeyIdOf(headerBytes, type) is not { } keyId) return false;

        problem = $"the key {keyId} is none of those known";
        if (!keys.TryGet(keyId, out var key)) return false;

        problem = "its signature does not fit: it was changed";
        if (!key.Verify(Encoding.ASCII.GetBytes($"{header}.{body}"), signatureBytes)) return false;
        (payload, problem) = (bodyBytes, null);
        return true;
    }

    private static string? KeyIdOf(byte[] header, string type)
    {
        try
        {
            using var document = JsonDocument.Parse(header, Strict);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Count() == 3
                && Text(root, "alg") == AccessTokenFormat.Algorithm && Text(root, "typ") == type
                && Text(root, "kid") is { } keyId && AccessTokenFormat.IsKeyId(keyId) ? keyId : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
