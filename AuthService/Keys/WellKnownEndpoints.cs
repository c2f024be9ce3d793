using System.Text.Json;
using AiMesh.AuthService.Clients;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AiMesh.AuthService.Keys;

/// <summary>What verifiers of access tokens anywhere need to know: JWKS (RFC 7517) and discovery (OpenID Connect Discovery 1.0).</summary>
internal static class WellKnownEndpoints
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    /// <summary>The same document under the name by which plain OAuth clients look for it (RFC 8414).</summary>
    private const string MetadataPath = "/.well-known/oauth-authorization-server";

    private static readonly TimeSpan LongestJwksAge = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(JwksKeySource.Path, Jwks);
        endpoints.MapGet(DiscoveryPath, Discovery);
        endpoints.MapGet(MetadataPath, Discovery);
    }

    private static IResult Jwks(HttpContext context, SigningKeys keys, IOptions<KeyOptions> options)
    {
        // A third of the time that keys are published ahead: whoever caches knows each key before it signs.
        var age = options.Value.PublishAhead / 3;
        SetMaxAge(context, age < LongestJwksAge ? age : LongestJwksAge);
        var ring = keys.Ring;
        return Results.Bytes(ring.Jwks, "application/jwk-set+json", entityTag: new EntityTagHeaderValue(ring.ETag));
    }

    private static IResult Discovery(
        HttpContext context, IOptions<MeshAuthenticationOptions> options, IOptions<KeyOptions> keys, ClientAddress addresses)
    {
        SetMaxAge(context, TimeSpan.FromHours(1));
        var address = keys.Value.PublicAddress ?? addresses.ReachedAt(context);
        var document = new Dictionary<string, object>
        {
            ["issuer"] = options.Value.Issuer,
            ["jwks_uri"] = new Uri(address, JwksKeySource.Path).ToString(),
            ["token_endpoint"] = new Uri(address, TokenEndpoint.Path).ToString(),
            ["token_endpoint_auth_methods_supported"] = new[] { "client_secret_basic", "client_secret_post" },
            ["grant_types_supported"] = new[] { "client_credentials" },
            ["id_token_signing_alg_values_supported"] = new[] { "ES256" },
            ["subject_types_supported"] = new[] { "public" },
            ["response_types_supported"] = Array.Empty<string>(),
            ["claims_supported"] = new[] { "iss", "aud", "sub", "org", "kind", "roles", "perms", "attrs", "tier", "jti", "sid", "email", "name", "rpm", "iat", "nbf", "exp" },
        };
        return Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(document), "application/json");
    }

    private static void SetMaxAge(HttpContext context, TimeSpan age) =>
        context.Response.GetTypedHeaders().CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = age };
}
