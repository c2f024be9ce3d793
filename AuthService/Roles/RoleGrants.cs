using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Roles;

/// <summary>
/// Nobody gives what they do not have: otherwise whoever may edit users or roles could make themselves administrator.
/// </summary>
internal static class RoleGrants
{
    /// <summary>
    /// The roles that somebody is to hold, with everything that they grant, or why not: NOT_FOUND, or PERMISSION_DENIED naming what the caller lacks to give those that
    /// are not held already.
    /// </summary>
    public static async Task<Result<IReadOnlyCollection<RoleGrant>>> FindAsync(
        AuthTransaction transaction, Principal caller, IReadOnlyCollection<string> roles, IReadOnlyCollection<string> held, CancellationToken cancellationToken)
    {
        var found = await RoleStore.FindGrantsAsync(transaction, roles, cancellationToken);
        if (roles.FirstOrDefault(role => !found.ContainsKey(role)) is { } unknown) return new NotFound("role", unknown);

        var added = found.Values.Where(role => !held.Contains(role.Name, StringComparer.Ordinal));
        return Check(caller, added.SelectMany(static role => role.Permissions)) is { } refused ? refused : found.Values.ToArray();
    }

    /// <summary>
    /// Why the caller may not grant these patterns, or null. A pattern is covered when roles would allow it as a permission; policies, which narrow single calls
    /// of whoever holds the role as well, have no say in it.
    /// </summary>
    public static MeshError? Check(Principal caller, IEnumerable<string> patterns) =>
        patterns.FirstOrDefault(pattern => !caller.Permissions.Allows(pattern)) is { } missing ? new PermissionDenied(missing) : null;
}
