using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>Exchanges an authorization code for what the provider says about who signed in (RFC 6749 section 4.1.3, RFC 7636 section 4.5).</summary>
internal sealed class CodeExchange(OidcHttp http, IdTokenVerifier verifier)
{
    /// <summary>Tries once: a code is good for one exchange, and providers take a second one for theft.</summary>
    public async Task<Result<ExternalClaims>> ExchangeAsync(ProviderMetadata metadata, CodeGrant grant, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = grant.Code,
            ["redirect_uri"] = grant.RedirectAddress,
            ["code_verifier"] = grant.Verifier,
        };
        AuthenticationHeaderValue? basic = null;
        if (metadata.TakesSecretInForm) (form["client_id"], form["client_secret"]) = (grant.ClientId, grant.ClientSecret);
        else basic = Basic(grant.ClientId, grant.ClientSecret);

        var answered = await http.PostAsync(metadata.TokenEndpoint, form, basic, cancellationToken);
        if (!answered.TryGet(out var answer, out var failed))
            return failed is ProviderUnusable { Problem: "status_400" or "status_401" } refusal ? new IdentityRefused($"code_{refusal.Problem}") : failed;
        if (answer.Text("id_token") is not { } idToken) return new IdentityRefused("no_id_token");
        if (!(await verifier.VerifyAsync(idToken, metadata.Issuer, grant.ClientId, grant.Nonce, cancellationToken)).TryGet(out var claims, out var wrong)) return wrong;

        var identity = new ExternalClaims(claims);
        if (!grant.ReadsUserInfo || metadata.UserInfoEndpoint is not { } endpoint) return identity;
        if (answer.Text("access_token") is not { Length: > 0 } accessToken || accessToken.Any(static character => character is <= ' ' or > '~')) return new IdentityRefused("no_access_token");
        return (await http.GetAsync(endpoint, new AuthenticationHeaderValue("Bearer", accessToken), cancellationToken)).Then(identity.With);
    }

    /// <summary>Both form-encoded first, as RFC 6749 section 2.3.1 has it.</summary>
    private static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{WebUtility.UrlEncode(id)}:{WebUtility.UrlEncode(secret)}")));
}

/// <summary>All that an exchange takes.</summary>
internal sealed record CodeGrant
{
    public required string Code { get; init; }

    public required string RedirectAddress { get; init; }

    /// <summary>The PKCE verifier.</summary>
    public required string Verifier { get; init; }

    public required string Nonce { get; init; }

    public required string ClientId { get; init; }

    public required string ClientSecret { get; init; }

    public required bool ReadsUserInfo { get; init; }
}
