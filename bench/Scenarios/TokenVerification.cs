using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions;
using Microsoft.Extensions.Options;

namespace AiMesh.Bench.Scenarios;

/// <summary>A verifier of access tokens with a key, and more tokens than it remembers.</summary>
internal sealed class TokenVerification : IAccessTokenKeySource, IDisposable
{
    private const string KeyId = "bench";
    private const int Tokens = 512;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly AccessTokenVerifier _verifier;
    private readonly string[] _tokens;
    private int _next;

    /// <param name="remembered">How many verified tokens the verifier remembers.</param>
    public TokenVerification(int remembered)
    {
        Current = AccessTokenKeySet.Create((KeyId, _key));
        var revocations = new RevocationList(TimeProvider.System);
        revocations.Apply(new RevocationDocument(0, []));
        var options = new MeshAuthenticationOptions { VerifiedTokenCacheSize = remembered };
        _verifier = new AccessTokenVerifier(this, revocations, Options.Create(options), TimeProvider.System);
        var writer = new AccessTokenWriter(KeyId, _key);
        _tokens = [.. Enumerable.Range(0, Tokens).Select(number => writer.Write(Claims(options, number)))];
    }

    public AccessTokenKeySet Current { get; }

    public ValueTask<AccessTokenKeySet> RefreshAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Current);

    /// <summary>Verifies each token once.</summary>
    public int VerifyAll()
    {
        foreach (var token in _tokens) Verify(token);
        return _tokens.Length;
    }

    /// <summary>Verifies one token again and again.</summary>
    public int VerifyOne()
    {
        for (var i = 0; i < Tokens; i++) Verify(_tokens[0]);
        return Tokens;
    }

    /// <summary>What no verifier can do without: the same signatures over the same bytes, checked by the framework alone.</summary>
    public Func<int> Floor()
    {
        var parts = _tokens.Select(static token => (Signed: Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]), Signature: Decode(token[(token.LastIndexOf('.') + 1)..]))).ToArray();
        return () =>
        {
            var (signed, signature) = parts[_next = (_next + 1) % parts.Length];
            return _key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                ? 1
                : throw new InvalidOperationException("Wrong answer.");
        };
    }

    public void Dispose() => _key.Dispose();

    private void Verify(string token)
    {
        var verification = _verifier.VerifyAsync(token, CancellationToken.None);
        if (!verification.IsCompletedSuccessfully || verification.Result is not VerifiedToken) throw new InvalidOperationException("Wrong answer.");
    }

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    private static AccessTokenClaims Claims(MeshAuthenticationOptions options, int number) => new()
    {
        Issuer = options.Issuer,
        Audience = options.Audience,
        Subject = "0198f2c0a1b27d3e8f4a5b6c7d8e9f00",
        Organisation = "demo",
        Roles = ["member"],
        Permissions = PermissionSet.Create("data:list", "data:read:*", "ai:ask", "ai:chat", "iot:read:*"),
        Attributes = ImmutableDictionary<string, string>.Empty.Add("region", "EU"),
        Tier = Tier.Professional,
        TokenId = $"token-{number}",
        SessionId = "session",
        Email = "member@demo.aimesh",
        DisplayName = "Member",
        IssuedAt = DateTimeOffset.UtcNow,
        NotBefore = DateTimeOffset.UtcNow,
        Expires = DateTimeOffset.UtcNow.AddHours(1),
    };
}
