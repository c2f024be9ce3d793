using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Permissions;

namespace AiMesh.AuthService.Roles;

/// <summary>What the contract says of a role's fields.</summary>
internal static class RoleRules
{
    public const int MaxRolesOfAnOrganisation = 200;

    private const int MaxNameLength = 63;
    private const int MaxDescriptionLength = 500;
    private const int MaxPermissions = 200;
    private const int MaxIncludes = 20;

    public static void CheckIncludes(FieldChecks checks, IReadOnlyCollection<string> includes)
    {
        if (includes.Count > MaxIncludes) checks.Fail("role.includes", $"must be at most {MaxIncludes}");
        else if (!includes.All(IsName)) checks.Fail("role.includes", "must be names of roles");
    }

    /// <summary>Checks the spelling of each grant in a list.</summary>
    public static void CheckPatterns(FieldChecks checks, string field, IReadOnlyList<string> patterns)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (!PermissionPattern.IsValid(patterns[i]) || patterns[i].Any(char.IsAsciiLetterUpper))
                checks.Fail($"{field}[{i}]", "must be lower-case segments divided by colons, each a name or '*'");
        }
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(name[0])
        && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '_');

    public static void CheckName(FieldChecks checks, string name)
    {
        if (name.Length == 0) checks.Fail("role.name", "is required");
        else if (!IsName(name)) checks.Fail("role.name", $"must be 1 to {MaxNameLength} characters a-z, 0-9, '-' and '_', beginning with a letter");
    }

    public static string CheckDescription(FieldChecks checks, string description) =>
        checks.Line("role.description", description, MaxDescriptionLength, required: false);

    public static void CheckPermissions(FieldChecks checks, IReadOnlyList<string> permissions)
    {
        if (permissions.Count > MaxPermissions) checks.Fail("role.permissions", $"must be at most {MaxPermissions}");
        CheckPatterns(checks, "role.permissions", permissions);
        if (!TokenSpace.Fits("", "", [], permissions, []))
            checks.Fail("role.permissions", $"must take at most {TokenSpace.Bytes} bytes in an access token");
    }
}
