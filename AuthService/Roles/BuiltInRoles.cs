using System.Collections.Immutable;

namespace AiMesh.AuthService.Roles;

/// <summary>The roles that come with every organisation. viewer and member may be edited there; admin stays as it is.</summary>
internal static class BuiltInRoles
{
    public const string Admin = "admin";

    private static readonly ImmutableArray<string> Viewer =
    [
        "data:list", "data:read:*",
        "ai:ask", "ai:usage:read", "ai:models:read", "ai:use_local",
        "iot:devices:read", "iot:read:*", "iot:alerts:read",
    ];

    private static readonly ImmutableArray<string> Member =
    [
        .. Viewer,
        "data:write:*", "data:import:*", "data:export:*",
        "ai:chat", "ai:embed", "ai:audit:read", "ai:use_openai",
        "iot:devices:write", "iot:ingest", "iot:ingest:*", "iot:alerts:acknowledge",
        "auth:keys:read", "auth:keys:write",
    ];

    public static readonly ImmutableArray<RoleRecord> All =
    [
        new() { Name = "viewer", Description = "Reads data and asks questions about it.", Permissions = [.. Viewer], BuiltIn = true },
        new() { Name = "member", Description = "Works with data, AI and devices.", Permissions = [.. Member], BuiltIn = true },
        new() { Name = Admin, Description = "May do everything in the organisation.", Permissions = ["*"], BuiltIn = true },
    ];
}
