using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Tests.Identity.Tokens;

/// <summary>A key, a verifier that trusts it, and the means to sign anything at all, also what a writer would refuse.</summary>
internal sealed class TokenBench : IAccessTokenKeySource, IDisposable
{
    public const string KeyId = "test-key";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private AccessTokenVerifier? _verifier;

    public TokenBench()
    {
        Current = AccessTokenKeySet.Create((KeyId, _key));
        Revocations = new RevocationList(Time);
        Revocations.Apply(new RevocationDocument(0, []));
    }

    public AccessTokenKeySet Current { get; set; }

    public ManualTime Time { get; } = new(new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero));

    public RevocationList Revocations { get; }

    public MeshAuthenticationOptions Options { get; } = new();

    public AccessTokenVerifier Verifier => _verifier ??= new AccessTokenVerifier(this, Revocations, Microsoft.Extensions.Options.Options.Create(Options), Time);

    public AccessTokenClaims Claims => new()
    {
        Issuer = "https://aimesh",
        Audience = "aimesh",
        Subject = "alice",
        Organisation = "demo",
        Roles = ["viewer"],
        Permissions = PermissionSet.Create("ai:ask", "data:read:*"),
        Attributes = ImmutableDictionary<string, string>.Empty.Add("region", "EU"),
        Tier = Tier.Professional,
        TokenId = "token-1",
        SessionId = "session-1",
        Email = "alice@demo.example",
        DisplayName = "Alice",
        IssuedAt = Time.GetUtcNow(),
        NotBefore = Time.GetUtcNow(),
        Expires = Time.GetUtcNow().AddMinutes(10),
    };

    public static string Header => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{KeyId}}"}""";

    public string Payload => $$$"""
        {"iss":"https://aimesh","aud":"aimesh","sub":"alice","org":"demo","kind":"user","roles":["viewer"],"perms":["ai:ask"],"attrs":{"region":"EU"},"tier":"FREE","jti":"j","sid":"s","iat":{{{Now}}},"nbf":{{{Now}}},"exp":{{{Now + 600}}}}
        """;

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public ValueTask<AccessTokenKeySet> RefreshAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Current);

    public string Token() => Write(Claims);

    public string Write(AccessTokenClaims claims) => new AccessTokenWriter(KeyId, _key).Write(claims);

    /// <summary>A token with this header and payload and a good signature over them.</summary>
    public string Sign(string header, string payload) => Sign(Encode(header), Encode(payload), _key);

    public static string Sign(string encodedHeader, string encodedPayload, ECDsa key)
    {
        var signed = $"{encodedHeader}.{encodedPayload}";
        var signature = key.SignData(Encoding.UTF8.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        P256.Canonicalize(signature);
        return $"{signed}.{CanonicalBase64Url.Encode(signature)}";
    }

    public string SignEncoded(string encodedHeader, string encodedPayload) => Sign(encodedHeader, encodedPayload, _key);

    public byte[] PublicKeyBytes => _key.ExportSubjectPublicKeyInfo();

    public static string Encode(string text) => CanonicalBase64Url.Encode(Encoding.UTF8.GetBytes(text));

    public async Task<TokenVerification> VerifyAsync(string token) => await Verifier.VerifyAsync(token, CancellationToken.None);

    public async Task<TokenRejection?> ReasonAsync(string token) => (await VerifyAsync(token) as TokenRejected)?.Reason;

    public void Dispose() => _key.Dispose();
}
