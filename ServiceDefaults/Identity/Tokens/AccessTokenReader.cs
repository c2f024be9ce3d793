using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Reads the JSON of a token strictly: valid UTF-8, one value, no name twice at any depth, every claim of its exact type.
/// RFC 8725 sections 2.4 and 3 say what goes wrong otherwise.
/// </summary>
internal static class AccessTokenReader
{
    private const int MaxNameLength = 256;
    private const int MaxListLength = 1024;

    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = 4,
    };

    /// <summary>Takes the key id from a header that holds alg, typ and kid and nothing else.</summary>
    public static TokenRejection? ReadHeader(byte[] json, out string keyId)
    {
        keyId = "";
        using var document = Parse(json);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } header) return TokenRejection.Malformed;

        // Everything else that a header may hold (crit, b64, zip, jku, jwk, x5u, x5c, cty …) changes how a token is to be read.
        if (header.GetPropertyCount() != 3) return TokenRejection.HeaderNotAllowed;
        if (Text(header, "alg") is not { } algorithm) return TokenRejection.HeaderNotAllowed;
        if (algorithm != AccessTokenFormat.Algorithm) return TokenRejection.AlgorithmNotAllowed;
        if (Text(header, "typ") != AccessTokenFormat.Type) return TokenRejection.HeaderNotAllowed;
        if (Text(header, "kid") is not { } kid || !AccessTokenFormat.IsKeyId(kid)) return TokenRejection.HeaderNotAllowed;

        keyId = kid;
        return null;
    }

    /// <summary>Takes the claims from a payload whose signature was verified; null when one is missing or malformed.</summary>
    public static AccessTokenClaims? ReadClaims(byte[] json)
    {
        using var document = Parse(json);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } payload) return null;

        if (Text(payload, "iss") is not { } issuer || Text(payload, "aud") is not { } audience
            || Text(payload, "sub") is not { } subject || Text(payload, "org") is not { } organisation
            || Text(payload, "jti") is not { } tokenId || Text(payload, "sid") is not { } sessionId
            || AccessTokenFormat.KindOf(Text(payload, "kind")) is not { } kind
            || AccessTokenFormat.TierOf(Text(payload, "tier")) is not { } tier
            || Names(payload, "roles") is not { } roles
            || Names(payload, "perms") is not { } patterns || !PermissionSet.TryCreate(patterns, out var permissions)
            || Attributes(payload) is not { } attributes
            || !OptionalText(payload, "email", out var email) || !OptionalText(payload, "name", out var displayName)
            || !OptionalCount(payload, "rpm", out var requestsPerMinute)
            || !OptionalTime(payload, "auth_time", out var authenticatedAt)
            || Time(payload, "iat") is not { } issuedAt || Time(payload, "nbf") is not { } notBefore
            || Time(payload, "exp") is not { } expires || expires <= notBefore)
        {
            return null;
        }

        return new AccessTokenClaims
        {
            Issuer = issuer,
            Audience = audience,
            Subject = subject,
            Organisation = organisation,
            Kind = kind,
            Roles = roles,
            Permissions = permissions,
            Attributes = attributes,
            Tier = tier,
            TokenId = tokenId,
            SessionId = sessionId,
            Email = email,
            DisplayName = displayName,
            RequestsPerMinute = requestsPerMinute,
            AuthenticatedAt = authenticatedAt,
            IssuedAt = issuedAt,
            NotBefore = notBefore,
            Expires = expires,
        };
    }

    private static JsonDocument? Parse(byte[] json)
    {
        if (!Utf8.IsValid(json)) return null;
        try
        {
            return JsonDocument.Parse(json, Strict);
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A name with half a surrogate pair in escapes is valid JSON that no string can hold.
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && TextOf(value) is { Length: > 0 and <= MaxNameLength } text ? text : null;

    private static bool OptionalText(JsonElement element, string name, out string? text)
    {
        text = Text(element, name);
        return text is not null || !element.TryGetProperty(name, out _);
    }

    private static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, as above.
            return null;
        }
    }

    private static ImmutableArray<string>? Names(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxListLength) return null;

        var names = ImmutableArray.CreateBuilder<string>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (TextOf(item) is not { Length: > 0 and <= MaxNameLength } text) return null;
            names.Add(text);
        }

        return names.MoveToImmutable();
    }

    private static ImmutableDictionary<string, string>? Attributes(JsonElement element)
    {
        if (!element.TryGetProperty("attrs", out var attributes) || attributes.ValueKind != JsonValueKind.Object) return null;

        var result = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var property in attributes.EnumerateObject())
        {
            if (TextOf(property.Value) is not { } text) return null;
            result[property.Name] = text;
        }

        return result.ToImmutable();
    }

    private static bool OptionalCount(JsonElement element, string name, out int? count)
    {
        count = null;
        if (!element.TryGetProperty(name, out var value)) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number <= 0) return false;
        count = number;
        return true;
    }

    private static bool OptionalTime(JsonElement element, string name, out DateTimeOffset? time)
    {
        time = Time(element, name);
        return time is not null || !element.TryGetProperty(name, out _);
    }

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
