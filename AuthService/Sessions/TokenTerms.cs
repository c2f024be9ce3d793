using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Sessions;

/// <summary>On what terms a subject gets an access token.</summary>
/// <param name="Kind">As what the bearer acts.</param>
/// <param name="SessionId">The session or stored credential that the token is revoked with.</param>
internal sealed record TokenTerms(PrincipalKind Kind, string SessionId)
{
    /// <summary>What the token may grant at most; null: all that the subject was granted.</summary>
    public PermissionSet? Scopes { get; init; }

    /// <summary>When the credential ends, and so the token at the latest.</summary>
    public DateTimeOffset? EndsBy { get; init; }

    /// <summary>When the person proved who they are; null for what is no person.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>A limit of the credential's own.</summary>
    public int? RequestsPerMinute { get; init; }
}

/// <summary>An access token.</summary>
/// <param name="Text">In compact form.</param>
/// <param name="ExpiresIn">Seconds until it expires.</param>
/// <param name="Permissions">What it grants.</param>
internal sealed record IssuedToken(string Text, int ExpiresIn, PermissionSet Permissions);
