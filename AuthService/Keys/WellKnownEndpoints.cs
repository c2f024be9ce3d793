using System.Text.Json;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AiMesh.AuthService.Keys;

/// <summary>What verifiers of access tokens anywhere need to know: JWKS (RFC 7517) and discovery (OpenID Connect Discovery 1.0).</summary>
internal static class WellKnownEndpoints
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";
    private static readonly TimeSpan LongestJwksAge = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(JwksKeySource.Path, Jwks);
        endpoints.MapGet(DiscoveryPath, Discovery);
    }

    private static IResult Jwks(HttpContext context, SigningKeys keys, IOptions<KeyOptions> options)
    {
        // A third of the time that keys are published ahead: whoever caches knows each key before it signs.
        var age = options.Value.PublishAhead / 3;
        SetMaxAge(context, age < LongestJwksAge ? age : LongestJwksAge);
        var ring = keys.Ring;
        return Results.Bytes(ring.Jwks, "application/jwk-set+json", entityTag: new EntityTagHeaderValue(ring.ETag));
    }

    private static IResult Discovery(HttpContext context, IOptions<MeshAuthenticationOptions> options, IOptions<KeyOptions> keys)
    {
        SetMaxAge(context, TimeSpan.FromHours(1));
        var address = keys.Value.PublicAddress ?? new Uri($"{context.Request.Scheme}://{context.Request.Host}");
        var document = new Dictionary<string, object>
        {
            ["issuer"] = options.Value.Issuer,
            ["jwks_uri"] = new Uri(address, JwksKeySource.Path).ToString(),
            ["id_token_signing_alg_values_supported"] = new[] { "ES256" },
            ["subject_types_supported"] = new[] { "public" },
            ["response_types_supported"] = Array.Empty<string>(),
            ["claims_supported"] = new[] { "iss", "aud", "sub", "org", "kind", "roles", "perms", "attrs", "tier", "jti", "sid", "email", "name", "iat", "nbf", "exp" },
        };
        return Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(document), "application/json");
    }

    private static void SetMaxAge(HttpContext context, TimeSpan age) =>
        context.Response.GetTypedHeaders().CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = age };
}
