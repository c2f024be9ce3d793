using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>Decides whether an ID token is to be believed: OpenID Connect Core 1.0 section 3.1.3.7, RFC 8725. What it says is for this one sign-in only.</summary>
internal sealed class IdTokenVerifier(ProviderDirectory directory, IOptions<ExternalSignInOptions> options, TimeProvider time)
{
    private const int MaxSubjectLength = 255;

    /// <summary>A token fetched by a code of this moment is no older than the sign-in may take.</summary>
    private readonly TimeSpan _longestAge = options.Value.StateLifetime;

    private readonly TimeSpan _skew = options.Value.ClockSkew;

    /// <returns>The claims, <see cref="IdentityRefused"/> or <see cref="ProviderUnusable"/>.</returns>
    public async Task<Result<JsonElement>> VerifyAsync(string text, string issuer, string clientId, string nonce, CancellationToken cancellationToken)
    {
        var (token, problem) = IdToken.Read(text);
        if (token is null) return new IdentityRefused(problem!);
        if (!(await directory.FindKeyAsync(issuer, token.KeyId, token.Algorithm, cancellationToken)).TryGet(out var key, out var noKey)) return noKey;
        if (!key.Verify(token.Algorithm, token.Signed, token.Signature)) return new IdentityRefused("signature");
        return Check(token.Claims, issuer, clientId, nonce) is { } wrong ? new IdentityRefused(wrong) : token.Claims;
    }

    private string? Check(JsonElement claims, string issuer, string clientId, string nonce)
    {
        if (claims.Text("iss") != issuer) return "issuer";
        if (CheckAudience(claims, clientId) is { } audience) return audience;
        if (CheckTime(claims) is { } late) return late;
        if (claims.Text("nonce") is not { } named || !AreSame(named, nonce)) return "nonce";
        return claims.Text("sub") is { Length: > 0 and <= MaxSubjectLength } subject && Ascii.IsValid(subject) && !subject.Any(char.IsControl) ? null : "subject";
    }

    private static string? CheckAudience(JsonElement claims, string clientId)
    {
        var audiences = claims.Texts("aud") ?? (claims.Text("aud") is { } only ? [only] : []);
        if (!audiences.Contains(clientId, StringComparer.Ordinal)) return "audience";

        // For others as well: then it must say that it was given to us.
        var party = claims.Text("azp");
        var isNamed = claims.TryGetProperty("azp", out _);
        return (isNamed || audiences.Length > 1) && party != clientId ? "authorized_party" : null;
    }

    private string? CheckTime(JsonElement claims)
    {
        var now = time.GetUtcNow();
        if (claims.Time("exp") is not { } expires || now >= expires + _skew) return "expired";
        if (claims.Time("iat") is not { } issued || issued > now + _skew || issued < now - _longestAge - _skew) return "issued_at";
        if (claims.TryGetProperty("nbf", out _) && (claims.Time("nbf") is not { } from || from > now + _skew)) return "not_before";
        return null;
    }

    private static bool AreSame(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
