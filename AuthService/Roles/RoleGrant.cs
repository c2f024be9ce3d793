namespace AiMesh.AuthService.Roles;

/// <summary>A role and everything that it grants, through the roles that it includes as well.</summary>
internal sealed record RoleGrant
{
    public required string Name { get; init; }

    /// <summary>Patterns, none twice.</summary>
    public required string[] Permissions { get; init; }
}
