using System.Collections.Immutable;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.ServiceDefaults.Identity;

/// <summary>
/// Who is calling, and what that caller was granted. The only thing that authorization code looks at: never a claim, a header
/// or a connection.
/// </summary>
public sealed record Principal
{
    /// <summary>Nobody.</summary>
    public static readonly Principal Anonymous = new()
    {
        Kind = PrincipalKind.Anonymous,
        Subject = "",
        Organisation = "",
        TokenId = "",
    };

    /// <summary>What sort of caller this is.</summary>
    public required PrincipalKind Kind { get; init; }

    /// <summary>The caller's id, unique within the organisation; empty when anonymous.</summary>
    public required string Subject { get; init; }

    /// <summary>The id of the organisation (tenant) that every read and write of the caller stays in; empty when anonymous.</summary>
    public required string Organisation { get; init; }

    /// <summary>Names of the roles, as row and field rules mention them.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>What the roles grant.</summary>
    public PermissionSet Permissions { get; init; } = PermissionSet.None;

    /// <summary>Attributes that attribute rules may mention, for example "region" → "EU".</summary>
    public ImmutableDictionary<string, string> Attributes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What the organisation has subscribed to.</summary>
    public Tier Tier { get; init; }

    /// <summary>The id (jti) of the access token, or the id of the credential where none was used; empty when anonymous.</summary>
    public required string TokenId { get; init; }

    /// <summary>The session (refresh-token family) or stored credential that the access token was issued from.</summary>
    public string SessionId { get; init; } = "";

    /// <summary>The address of a user, where known.</summary>
    public string? Email { get; init; }

    /// <summary>The name to show, where known.</summary>
    public string? DisplayName { get; init; }

    /// <summary>How many requests per minute the credential allows itself; null where only the common limits hold.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>When a person last proved who they are; null for what is no person, or where it is not known.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>Asks the organisation's policies, where it has any.</summary>
    internal PolicyGuard? Guard { get; init; }

    /// <summary>True unless this is <see cref="Anonymous"/>.</summary>
    public bool IsAuthenticated => Kind != PrincipalKind.Anonymous;

    /// <summary>
    /// Says whether the caller was granted <paramref name="permission"/> and, within a request, whether the organisation's policies let it be used here and
    /// now. What was granted, whatever policies say, is asked of <see cref="Permissions"/>.
    /// </summary>
    public bool Allows(string permission) => Permissions.Allows(permission) && Guard?.Check(permission) is null;

    /// <summary>Says whether the caller has the role (ordinal, case-sensitive).</summary>
    public bool HasRole(string role) => Roles.Contains(role, StringComparer.Ordinal);

    /// <summary>Names the caller for logs: kind and ids, never an address or a name.</summary>
    public override string ToString() => IsAuthenticated ? $"{Kind} {Organisation}/{Subject}" : "Anonymous";
}
