using AiMesh.Auth.V1;
using AiMesh.AuthService.Policies;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Roles;

/// <summary>Says which roles and rules allow or deny a permission to a user.</summary>
internal static class PermissionExplanation
{
    public static async Task<ExplainPermissionResponse> OfAsync(
        AuthTransaction transaction, UserRecord user, ExplainPermissionRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        var permission = request.Permission;
        var roles = (await RoleStore.ListAsync(transaction, cancellationToken)).ToDictionary(static role => role.Name, StringComparer.Ordinal);
        var paths = PathsFrom(user.Roles, roles);
        var response = new ExplainPermissionResponse();
        foreach (var path in paths)
        {
            foreach (var pattern in roles[path[^1]].Permissions.Where(pattern => PermissionSet.Create(pattern).Allows(permission)))
            {
                response.Grants.Add(new PermissionGrant { Path = { path }, Pattern = pattern });
                response.Reasons.Add($"role {string.Join(", which includes ", path)} grants {pattern}");
            }
        }

        response.Allowed = response.Grants.Count > 0 && !user.Disabled;
        if (user.Roles.Length == 0) response.Reasons.Add("the user holds no role");
        else if (response.Grants.Count == 0) response.Reasons.Add($"none of the roles {string.Join(", ", paths.Select(static path => path[^1]))} grants {permission}");
        if (user.Disabled) response.Reasons.Add("the user is disabled and can't sign in");
        await PolicyExplanation.AddAsync(transaction, user, [.. paths.Select(static path => path[^1])], request, time, response, cancellationToken);
        return response;
    }

    /// <summary>Every role that counts with the shortest way to it, nearest first.</summary>
    private static List<string[]> PathsFrom(IEnumerable<string> held, Dictionary<string, RoleRecord> roles)
    {
        var paths = held.Select(static role => new[] { role }).ToList();
        var seen = paths.Select(static path => path[0]).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < paths.Count; i++)
        {
            foreach (var included in roles[paths[i][^1]].Includes.Where(seen.Add))
                paths.Add([.. paths[i], included]);
        }

        return paths;
    }
}
