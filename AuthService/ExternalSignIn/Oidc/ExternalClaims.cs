using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>What a provider says about somebody, verified.</summary>
internal sealed class ExternalClaims
{
    private readonly JsonElement _token;
    private readonly JsonElement? _userInfo;

    public ExternalClaims(JsonElement token)
        : this(token, null)
    {
    }

    private ExternalClaims(JsonElement token, JsonElement? userInfo) => (_token, _userInfo) = (token, userInfo);

    /// <summary>By what the issuer knows the person.</summary>
    public string Subject => _token.Text("sub")!;

    /// <summary>The address, as far as the issuer says that it belongs to the person.</summary>
    public string? VerifiedEmail =>
        Find("email_verified") is { } verified && (verified.ValueKind == JsonValueKind.True || JsonFields.TextOf(verified) == "true")
            ? Find("email") is { } email ? JsonFields.TextOf(email) : null
            : null;

    public string? DisplayName => Text("name") ?? Text("preferred_username");

    /// <summary>The same with what the UserInfo endpoint says, which must be about the same person (OpenID Connect Core 1.0 section 5.3.4).</summary>
    public Result<ExternalClaims> With(JsonElement userInfo) =>
        userInfo.Text("sub") == Subject ? new ExternalClaims(_token, userInfo) : new IdentityRefused("user_info_subject");

    /// <summary>Whether a claim is, or holds in its list, a value. The name is taken whole before it is taken for a path.</summary>
    public bool Has(string claim, string value) => (Find(claim) ?? FindPath(claim.Split('.'))) is { } found && Holds(found, value);

    private string? Text(string claim) => Find(claim) is { } value ? JsonFields.TextOf(value) : null;

    /// <summary>The ID token first: it is signed.</summary>
    private JsonElement? Find(string claim) =>
        _token.TryGetProperty(claim, out var value) || (_userInfo is { } info && info.TryGetProperty(claim, out value)) ? value : null;

    private JsonElement? FindPath(string[] path)
    {
        if (Find(path[0]) is not { } value) return null;
        foreach (var name in path.AsSpan(1))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value)) return null;
        }

        return value;
    }

    private static bool Holds(JsonElement found, string value) => found.ValueKind switch
    {
        JsonValueKind.String => JsonFields.TextOf(found) == value,
        JsonValueKind.True or JsonValueKind.False => found.GetRawText() == value,
        JsonValueKind.Array => found.EnumerateArray().Any(item => JsonFields.TextOf(item) == value),
        _ => false,
    };
}
