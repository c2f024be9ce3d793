using System.Collections.Immutable;
using System.Security.Cryptography;
using AiMesh.AuthService.Keys;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Sessions;

/// <summary>Issues access tokens.</summary>
internal sealed class AccessTokenIssuer(SigningKeys keys, IOptions<MeshAuthenticationOptions> audience, IOptions<SessionTokenOptions> sessions)
{
    private readonly TimeSpan _lifetime = sessions.Value.AccessTokenLifetime;

    /// <summary>Seconds that the tokens are good for.</summary>
    public int ExpiresIn => (int)_lifetime.TotalSeconds;

    /// <summary>A token for a session of the subject.</summary>
    /// <param name="subject">Who it is for.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="authenticatedAt">When the person proved who they are; by default: now.</param>
    /// <returns>The token, or <see cref="TooMuchForToken"/>.</returns>
    public Result<string> Issue(TokenSubject subject, string sessionId, DateTimeOffset? authenticatedAt = null) =>
        Issue(subject, new TokenTerms(PrincipalKind.User, sessionId) { AuthenticatedAt = authenticatedAt ?? subject.Now }).Then<string>(static token => token.Text);

    /// <summary>A token that says what the subject may do at this moment, on these terms.</summary>
    /// <returns>The token, or <see cref="TooMuchForToken"/>.</returns>
    public Result<IssuedToken> Issue(TokenSubject subject, TokenTerms terms)
    {
        var permissions = TokenSpace.Reduce(subject.Permissions);
        if (terms.Scopes is { } scopes) permissions = TokenSpace.Reduce(permissions.Intersect(scopes).Patterns);
        if (!TokenSpace.Fits(subject.Email ?? "", subject.DisplayName, subject.Roles, permissions.Patterns, subject.Attributes)) return new TooMuchForToken();

        var now = DateTimeOffset.FromUnixTimeSeconds(subject.Now.ToUnixTimeSeconds());
        var expires = terms.EndsBy < now + _lifetime ? terms.EndsBy.Value : now + _lifetime;
        var text = keys.Signing.Writer.Write(new AccessTokenClaims
        {
            Issuer = audience.Value.Issuer,
            Audience = audience.Value.Audience,
            Subject = subject.UserId,
            Organisation = subject.Organisation,
            Kind = terms.Kind,
            Roles = subject.Roles,
            Permissions = permissions,
            Attributes = subject.Attributes.ToImmutableDictionary(StringComparer.Ordinal),
            Tier = subject.Tier,
            TokenId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            SessionId = terms.SessionId,
            Email = subject.Email,
            DisplayName = subject.DisplayName,
            RequestsPerMinute = terms.RequestsPerMinute,
            AuthenticatedAt = terms.AuthenticatedAt,

            // A moment in the future where tokens were revoked within this second: verifiers take times of the near future.
            IssuedAt = subject.TokensFrom > now ? subject.TokensFrom : now,
            NotBefore = now,
            Expires = expires,
        });
        return new IssuedToken(text, (int)(expires - now).TotalSeconds, permissions);
    }
}
