using System.Collections.Immutable;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>What an access token says. Times have the precision of one second.</summary>
public sealed record AccessTokenClaims
{
    /// <summary><c>iss</c>: who issued the token.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>aud</c>: whom it is for.</summary>
    public required string Audience { get; init; }

    /// <summary><c>sub</c>: the caller's id.</summary>
    public required string Subject { get; init; }

    /// <summary><c>org</c>: the caller's organisation.</summary>
    public required string Organisation { get; init; }

    /// <summary><c>kind</c>: "user", "api_key", "client" or "device"; never <see cref="PrincipalKind.Anonymous"/>.</summary>
    public PrincipalKind Kind { get; init; } = PrincipalKind.User;

    /// <summary><c>roles</c>: names of roles.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary><c>perms</c>: what is granted.</summary>
    public PermissionSet Permissions { get; init; } = PermissionSet.None;

    /// <summary><c>attrs</c>: attributes for attribute rules.</summary>
    public ImmutableDictionary<string, string> Attributes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary><c>tier</c>: name of the organisation's tier, for example "FREE".</summary>
    public Tier Tier { get; init; } = Tier.Free;

    /// <summary><c>jti</c>: unique id of this token.</summary>
    public required string TokenId { get; init; }

    /// <summary><c>sid</c>: the session (refresh-token family), or the stored credential for API keys and clients.</summary>
    public required string SessionId { get; init; }

    /// <summary><c>email</c>, optional.</summary>
    public string? Email { get; init; }

    /// <summary><c>name</c>, optional.</summary>
    public string? DisplayName { get; init; }

    /// <summary>
    /// <c>rpm</c>, optional: how many requests per minute the gateway takes with this credential, beside the limits that hold for all.
    /// </summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary><c>auth_time</c>, optional: when the person last proved who they are, which a refreshed token inherits.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary><c>iat</c>: when it was issued.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>nbf</c>: from when on it is valid.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary><c>exp</c>: from when on it is not valid any more.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The caller that these claims describe.</summary>
    public Principal ToPrincipal() => new()
    {
        Kind = Kind,
        Subject = Subject,
        Organisation = Organisation,
        Roles = Roles,
        Permissions = Permissions,
        Attributes = Attributes,
        Tier = Tier,
        TokenId = TokenId,
        SessionId = SessionId,
        Email = Email,
        DisplayName = DisplayName,
        RequestsPerMinute = RequestsPerMinute,
        AuthenticatedAt = AuthenticatedAt,
    };
}
