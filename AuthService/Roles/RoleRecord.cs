using AiMesh.Auth.V1;

namespace AiMesh.AuthService.Roles;

/// <summary>A role as a row.</summary>
internal sealed record RoleRecord
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>Patterns, in ordinal order, none twice.</summary>
    public required string[] Permissions { get; init; }

    public required bool BuiltIn { get; init; }

    /// <summary>Names of roles, in ordinal order.</summary>
    public string[] Includes { get; init; } = [];

    public Role ToMessage() =>
        new() { Name = Name, Description = Description, Permissions = { Permissions }, BuiltIn = BuiltIn, Includes = { Includes } };
}
