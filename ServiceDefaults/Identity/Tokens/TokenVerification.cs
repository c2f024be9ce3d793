namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>What <see cref="AccessTokenVerifier"/> found: a <see cref="VerifiedToken"/> or a <see cref="TokenRejected"/>.</summary>
public abstract record TokenVerification
{
    private protected TokenVerification()
    {
    }
}

/// <summary>The token is genuine, in force, and not revoked.</summary>
/// <param name="Claims">What the token says.</param>
/// <param name="Principal">The caller that the claims describe.</param>
public sealed record VerifiedToken(AccessTokenClaims Claims, Principal Principal) : TokenVerification;

/// <summary>The token must not be believed.</summary>
/// <param name="Reason">Why.</param>
public sealed record TokenRejected(TokenRejection Reason) : TokenVerification;
