using System.Security.Cryptography;
using System.Text;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// The names under which a token may be revoked. Hashed, because the list is public like a CRL: knowing an id one can look it
/// up, but the list tells no ids.
/// </summary>
public sealed record RevocationIds
{
    private RevocationIds(string token, string session, string subject) => (Token, Session, Subject) = (token, session, subject);

    /// <summary>Names one token.</summary>
    public string Token { get; }

    /// <summary>Names all tokens of one session.</summary>
    public string Session { get; }

    /// <summary>Names all tokens of one subject.</summary>
    public string Subject { get; }

    /// <summary>The names of a token with these claims.</summary>
    public static RevocationIds Of(AccessTokenClaims claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        return new RevocationIds(OfToken(claims.TokenId), OfSession(claims.SessionId), OfSubject(claims.Organisation, claims.Subject));
    }

    /// <summary>base64url of SHA-256 of "jti:" and the token's id.</summary>
    public static string OfToken(string tokenId) => Hash($"jti:{tokenId}");

    /// <summary>base64url of SHA-256 of "sid:" and the session's id.</summary>
    public static string OfSession(string sessionId) => Hash($"sid:{sessionId}");

    /// <summary>base64url of SHA-256 of "sub:", the organisation, "/" and the subject.</summary>
    public static string OfSubject(string organisation, string subject) => Hash($"sub:{organisation}/{subject}");

    private static string Hash(string name) => CanonicalBase64Url.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
