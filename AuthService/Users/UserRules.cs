using AiMesh.Auth.V1;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Sessions;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Users;

/// <summary>What the contract says of a user's fields.</summary>
internal static class UserRules
{
    public const int MaxDisplayNameLength = 100;

    private const int MaxRoles = 50;
    private const int MaxAttributes = 32;
    private const int MaxAttributeNameLength = 63;
    private const int MaxAttributeLength = 256;

    public static void CheckRoles(FieldChecks checks, IReadOnlyCollection<string> roles)
    {
        if (roles.Count > MaxRoles) checks.Fail("user.roles", $"must be at most {MaxRoles}");
        else if (!roles.All(RoleRules.IsName)) checks.Fail("user.roles", "must be names of roles");
    }

    public static void CheckAttributes(FieldChecks checks, IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count > MaxAttributes) checks.Fail("user.attributes", $"must be at most {MaxAttributes}");
        foreach (var (name, value) in attributes)
        {
            if (!IsAttributeName(name)) checks.Fail("user.attributes", $"must have names of 1 to {MaxAttributeNameLength} characters a-z, 0-9 and '_'");
            else if (FieldChecks.CharacterCount(value) > MaxAttributeLength) checks.Fail($"user.attributes.{name}", $"must have at most {MaxAttributeLength} characters");
            else if (value.Contains('\0')) checks.Fail($"user.attributes.{name}", "must not hold the character NUL");
        }
    }

    /// <summary>Everything about a user travels in each access token, which is bounded.</summary>
    public static MeshError? CheckTokenSpace(User user, IEnumerable<RoleGrant> roles)
    {
        var permissions = TokenSpace.Reduce([.. roles.SelectMany(static role => role.Permissions)]).Patterns;
        return TokenSpace.Fits(user.Email, user.DisplayName, user.Roles, permissions, user.Attributes)
            ? null
            : new InvalidField("user", $"permissions of the roles and attributes together take more than the {TokenSpace.Bytes} bytes that an access token has for them");
    }

    private static bool IsAttributeName(string name) =>
        name.Length is > 0 and <= MaxAttributeNameLength && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '_');
}
