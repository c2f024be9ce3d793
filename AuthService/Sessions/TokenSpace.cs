using System.Text.Json;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Sessions;

/// <summary>What a user's own part may take in an access token, which is at most 8 KiB altogether in base64.</summary>
internal static class TokenSpace
{
    /// <summary>Bytes of JSON for roles, permissions, attributes, address and name together.</summary>
    public const int Bytes = 5_200;

    public static bool Fits(
        string email, string displayName, IEnumerable<string> roles, IEnumerable<string> permissions, IEnumerable<KeyValuePair<string, string>> attributes) =>
        JsonSerializer.SerializeToUtf8Bytes(new object[] { email, displayName, roles, permissions, attributes.ToDictionary() }).Length <= Bytes;

    /// <summary>The same grants without those that another one covers.</summary>
    public static PermissionSet Reduce(IReadOnlyCollection<string> patterns)
    {
        var wildcards = PermissionSet.Create(patterns.Where(static pattern => pattern.Contains('*')));
        if (wildcards.Patterns.Contains("*")) return PermissionSet.Create("*");
        return PermissionSet.Create([.. wildcards.Patterns, .. patterns.Where(pattern => !wildcards.Allows(pattern))]);
    }
}
