using System.Text.Json;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Oidc;

/// <summary>What we use of a discovery document (OpenID Connect Discovery 1.0 section 3).</summary>
internal sealed record ProviderMetadata
{
    private const string Challenge = "S256";

    public required string Issuer { get; init; }

    public required Uri AuthorizationEndpoint { get; init; }

    public required Uri TokenEndpoint { get; init; }

    public required Uri KeysAddress { get; init; }

    public Uri? UserInfoEndpoint { get; init; }

    /// <summary>Whether the provider takes the secret in the form only, not as Basic.</summary>
    public bool TakesSecretInForm { get; init; }

    /// <summary>Whether each answer of the authorization endpoint names the issuer (RFC 9207).</summary>
    public bool NamesIssuerInAnswers { get; init; }

    public static Uri AddressFor(string issuer) => new($"{issuer.TrimEnd('/')}/.well-known/openid-configuration");

    /// <summary>Reads the document found for an issuer, which must name exactly that one, and nothing but addresses that we may use.</summary>
    public static Result<ProviderMetadata> Read(JsonElement document, string issuer, OutboundAddresses addresses)
    {
        if (document.Text("issuer") != issuer) return new ProviderUnusable("discovery_issuer");
        if (Address("authorization_endpoint") is not { } authorization || Address("token_endpoint") is not { } token || Address("jwks_uri") is not { } keys)
            return new ProviderUnusable("discovery_endpoints");

        // What is not listed may still be there: some providers that know S256 do not say so. A list without it is a no.
        if (document.Texts("code_challenge_methods_supported") is { } challenges && !challenges.Contains(Challenge)) return new ProviderUnusable("discovery_no_pkce");
        if (document.Texts("response_types_supported") is { } types && !types.Contains("code")) return new ProviderUnusable("discovery_no_code_flow");
        if (document.Texts("id_token_signing_alg_values_supported") is { } algorithms && !algorithms.Any(SigningAlgorithm.IsKnown))
            return new ProviderUnusable("discovery_algorithms");

        // Without a list the default is client_secret_basic.
        var methods = document.Texts("token_endpoint_auth_methods_supported") ?? ["client_secret_basic"];
        var takesBasic = methods.Contains("client_secret_basic");
        if (!takesBasic && !methods.Contains("client_secret_post")) return new ProviderUnusable("discovery_client_authentication");
        return new ProviderMetadata
        {
            Issuer = issuer,
            AuthorizationEndpoint = authorization,
            TokenEndpoint = token,
            KeysAddress = keys,
            UserInfoEndpoint = Address("userinfo_endpoint"),
            TakesSecretInForm = !takesBasic,
            NamesIssuerInAnswers = document.Flag("authorization_response_iss_parameter_supported") ?? false,
        };

        Uri? Address(string name) => Uri.TryCreate(document.Text(name), UriKind.Absolute, out var address) && addresses.Allows(address) ? address : null;
    }
}
