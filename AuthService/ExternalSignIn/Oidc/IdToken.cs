using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>An ID token taken apart, nothing of it believed yet.</summary>
/// <param name="Algorithm">One that <see cref="SigningAlgorithm"/> knows.</param>
internal sealed record IdToken(string Algorithm, string? KeyId, JsonElement Claims, byte[] Signed, byte[] Signature)
{
    private const int MaxLength = 32 * 1024;

    // Each of these changes how a token is to be read or verified; a verifier that passes them over reads another token than was signed.
    private static readonly string[] Refused = ["crit", "b64", "zip", "enc"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads a token in compact form.</summary>
    /// <returns>The token, or the name of what is wrong with it.</returns>
    public static (IdToken? Token, string? Problem) Read(string text)
    {
        if (text.Length > MaxLength) return (null, "token_too_large");
        if (text.Split('.') is not [var head, var body, var tail]) return (null, "token_malformed");
        if (Bytes(head) is not { } headBytes || Bytes(body) is not { } bodyBytes || Bytes(tail) is not { } signature) return (null, "token_malformed");
        if (Object(headBytes) is not { } header || Object(bodyBytes) is not { } claims) return (null, "token_malformed");
        if (Refused.Any(name => header.TryGetProperty(name, out _))) return (null, "token_header");
        if (header.Text("alg") is not { } algorithm || !SigningAlgorithm.IsKnown(algorithm)) return (null, "token_algorithm");

        // RFC 8725 section 3.11: a logout token or an access token of the same issuer is no ID token.
        if (header.TryGetProperty("typ", out _) && !"JWT".Equals(header.Text("typ"), StringComparison.OrdinalIgnoreCase)) return (null, "token_type");
        if (header.TryGetProperty("kid", out _) && header.Text("kid") is null) return (null, "token_header");
        return (new IdToken(algorithm, header.Text("kid"), claims, Encoding.ASCII.GetBytes(text, 0, head.Length + 1 + body.Length), signature), null);
    }

    /// <summary>In the one canonical spelling: what decodes but would be encoded differently is refused.</summary>
    private static byte[]? Bytes(string text)
    {
        if (text.Length == 0 || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        return Base64Url.EncodeToString(bytes) == text ? bytes : null;
    }

    private static JsonElement? Object(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // Not JSON, a name twice, or half a surrogate pair in a name.
        }
    }
}
