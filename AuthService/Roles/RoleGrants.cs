using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Roles;

/// <summary>
/// Nobody gives what they do not have: otherwise whoever may edit users or roles could make themselves administrator.
/// </summary>
internal static class RoleGrants
{
    /// <summary>Why the caller may not give these roles: NOT_FOUND, or PERMISSION_DENIED naming what is missing; null where they may.</summary>
    public static async Task<MeshError?> CheckAsync(
        AuthTransaction transaction, Principal caller, IReadOnlyCollection<string> roles, CancellationToken cancellationToken)
    {
        var found = await RoleStore.FindAllAsync(transaction, roles, cancellationToken);
        foreach (var role in roles)
        {
            if (!found.TryGetValue(role, out var record)) return new NotFound("role", role);
            if (Check(caller, record.Permissions) is { } refused) return refused;
        }

        return null;
    }

    /// <summary>Why the caller may not grant these patterns, or null. A pattern is covered when it would be allowed as a permission.</summary>
    public static MeshError? Check(Principal caller, IEnumerable<string> patterns) =>
        patterns.FirstOrDefault(pattern => !caller.Allows(pattern)) is { } missing ? new PermissionDenied(missing) : null;
}
