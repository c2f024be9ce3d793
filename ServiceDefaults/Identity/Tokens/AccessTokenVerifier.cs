using System.Buffers;
using System.Text;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Decides whether an access token is to be believed. Never throws for a bad token: the answer is a value. Strict beyond the
/// RFCs where they leave room, as RFC 8725 advises: one algorithm that belongs to the key, three header names, one spelling.
/// </summary>
public sealed class AccessTokenVerifier(
    IAccessTokenKeySource keySource,
    RevocationList revocations,
    IOptions<MeshAuthenticationOptions> options,
    TimeProvider time)
{
    private static readonly TimeSpan PatienceForRevocations = TimeSpan.FromSeconds(2);

    private readonly MeshAuthenticationOptions _options = options.Value;
    private readonly CredentialCache<CachedToken> _cache = new(options.Value.VerifiedTokenCacheSize);

    /// <summary>Verifies a token in compact form, without any prefix.</summary>
    /// <returns>A <see cref="VerifiedToken"/> or a <see cref="TokenRejected"/>.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up while keys were fetched.</exception>
    public ValueTask<TokenVerification> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length > AccessTokenFormat.MaxLength) return Rejected(TokenRejection.TooLarge);
        if (!TryHash(token, out var hash)) return Rejected(TokenRejection.Malformed);
        return _cache.TryGet(hash, out var cached) && CheckAgain(hash, cached) is { } known
            ? ValueTask.FromResult(known)
            : VerifyNewAsync(token, hash, cancellationToken);
    }

    /// <summary>
    /// The quick way for a token that was verified before and is still in force; null says nothing about any other token. Allocates nothing.
    /// </summary>
    internal VerifiedToken? FindVerified(ReadOnlySpan<char> token) =>
        token.Length <= AccessTokenFormat.MaxLength && TryHash(token, out var hash) && _cache.TryGet(hash, out var cached)
            ? CheckAgain(hash, cached) as VerifiedToken
            : null;

    private static bool TryHash(ReadOnlySpan<char> token, out TokenHash hash)
    {
        Span<byte> bytes = token.Length <= 2048 ? stackalloc byte[2048] : new byte[AccessTokenFormat.MaxLength];
        var isAscii = Ascii.FromUtf16(token, bytes, out var length) == OperationStatus.Done;
        hash = isAscii ? TokenHash.Of(bytes[..length]) : default;
        return isAscii;
    }

    private static ValueTask<TokenVerification> Rejected(TokenRejection reason) =>
        ValueTask.FromResult<TokenVerification>(new TokenRejected(reason));

    /// <summary>What can change about a token that was verified once: time passes, it is revoked, keys are withdrawn (then: null).</summary>
    private TokenVerification? CheckAgain(in TokenHash hash, CachedToken cached)
    {
        if (!ReferenceEquals(cached.Keys, keySource.Current)) return null;

        var rejection = CheckTime(cached.Token.Claims);
        var version = revocations.Version;
        if (rejection is null && cached.RevocationVersion != version)
        {
            if (revocations.IsRevoked(cached.Ids, cached.Token.Claims.IssuedAt)) rejection = TokenRejection.Revoked;
            else cached.RevocationVersion = version;
        }

        if (rejection is null) return AreRevocationsRecent ? cached.Token : new TokenRejected(TokenRejection.AuthorityUnavailable);
        _cache.Remove(hash);
        return new TokenRejected(rejection.Value);
    }

    private async ValueTask<TokenVerification> VerifyNewAsync(string token, TokenHash hash, CancellationToken cancellationToken)
    {
        if (Split(token) is not { } parts) return new TokenRejected(TokenRejection.Malformed);
        if (AccessTokenReader.ReadHeader(parts.Header, out var keyId) is { } headerProblem) return new TokenRejected(headerProblem);

        var keys = keySource.Current;
        if (!keys.TryGet(keyId, out var key))
        {
            keys = await keySource.RefreshAsync(cancellationToken);
            if (!keys.TryGet(keyId, out key))
                return new TokenRejected(keys.Count == 0 ? TokenRejection.AuthorityUnavailable : TokenRejection.UnknownKey);
        }

        if (!key.Verify(parts.Signed, parts.Signature)) return new TokenRejected(TokenRejection.BadSignature);
        if (AccessTokenReader.ReadClaims(parts.Payload) is not { } claims) return new TokenRejected(TokenRejection.InvalidClaims);
        if (claims.Issuer != _options.Issuer) return new TokenRejected(TokenRejection.WrongIssuer);
        if (claims.Audience != _options.Audience) return new TokenRejected(TokenRejection.WrongAudience);
        if (CheckTime(claims) is { } timeProblem) return new TokenRejected(timeProblem);
        if (!await RevocationsAreKnownAsync(cancellationToken)) return new TokenRejected(TokenRejection.AuthorityUnavailable);

        // The version is taken before the list is asked: what is revoked in between makes the cached token be asked again.
        var cached = new CachedToken(new VerifiedToken(claims, claims.ToPrincipal()), keys, revocations.Version);
        if (revocations.IsRevoked(cached.Ids, claims.IssuedAt)) return new TokenRejected(TokenRejection.Revoked);

        _cache.Add(hash, cached);
        return cached.Token;
    }

    private static (byte[] Header, byte[] Payload, byte[] Signature, byte[] Signed)? Split(string token)
    {
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var last = token.LastIndexOf('.');
        if (first <= 0 || last <= first + 1 || token.AsSpan(first + 1, last - first - 1).Contains('.')) return null;

        return CanonicalBase64Url.TryDecode(token.AsSpan(0, first), out var header)
            && CanonicalBase64Url.TryDecode(token.AsSpan(first + 1, last - first - 1), out var payload)
            && CanonicalBase64Url.TryDecode(token.AsSpan(last + 1), out var signature)
            && signature.Length == AccessTokenFormat.SignatureLength
                ? (header, payload, signature, Encoding.ASCII.GetBytes(token, 0, last))
                : null;
    }

    private TokenRejection? CheckTime(AccessTokenClaims claims)
    {
        var now = time.GetUtcNow();
        if (now >= claims.Expires + _options.ClockSkew) return TokenRejection.Expired;
        return now < claims.NotBefore - _options.ClockSkew || now < claims.IssuedAt - _options.ClockSkew ? TokenRejection.NotYetValid : null;
    }

    /// <summary>Whether the list can still be decided by: docs/decisions/0029. False as well until it was loaded.</summary>
    private bool AreRevocationsRecent => revocations.Age <= _options.MaxRevocationAge;

    private async ValueTask<bool> RevocationsAreKnownAsync(CancellationToken cancellationToken)
    {
        if (revocations.Loaded.IsCompleted) return AreRevocationsRecent;
        try
        {
            await revocations.Loaded.WaitAsync(PatienceForRevocations, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
