using System.Text.RegularExpressions;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>What the fields of a policy must be, apart from the condition.</summary>
internal static partial class AccessPolicyRules
{
    private const int MaxPermissions = 20;
    private const int MaxRoles = 20;
    private const int MaxPatternLength = 128;

    public static IEnumerable<FieldViolation> Check(AccessPolicy policy, string field)
    {
        if (!Name().IsMatch(policy.Name)) yield return new($"{field}.name", "must be 1 to 63 characters a-z, 0-9, '-' and '_', beginning with a letter");
        if (policy.Effect is not (AccessPolicyEffect.Deny or AccessPolicyEffect.AllowOnlyIf)) yield return new($"{field}.effect", "must be DENY or ALLOW_ONLY_IF");
        if (policy.Permissions.Length is 0 or > MaxPermissions) yield return new($"{field}.permissions", $"must be 1 to {MaxPermissions}");
        for (var i = 0; i < policy.Permissions.Length; i++)
            if (!IsPattern(policy.Permissions[i])) yield return new($"{field}.permissions[{i}]", $"must be lower-case segments divided by colons, each a name or '*', at most {MaxPatternLength} characters");
        if (policy.Roles.Length > MaxRoles) yield return new($"{field}.roles", $"must be at most {MaxRoles}");
        for (var i = 0; i < policy.Roles.Length; i++)
            if (!Name().IsMatch(policy.Roles[i])) yield return new($"{field}.roles[{i}]", "must be the name of a role");
        if (FindZone(policy.TimeZone) is null) yield return new($"{field}.time_zone", "must be a zone of the tz database, for example Europe/Berlin");
        if (policy.Effect == AccessPolicyEffect.AllowOnlyIf && string.IsNullOrWhiteSpace(policy.Condition))
            yield return new($"{field}.condition", "is required with ALLOW_ONLY_IF, which would say nothing without");
    }

    /// <summary>The zone, UTC for no name, null for one that there is not.</summary>
    public static TimeZoneInfo? FindZone(string name)
    {
        if (name.Length == 0) return TimeZoneInfo.Utc;

        // The names of the tz database only: the library takes names of Windows as well, and, on Unix, paths within its folder.
        return ZoneName().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;
    }

    private static bool IsPattern(string pattern) =>
        pattern.Length <= MaxPatternLength && PermissionPattern.IsValid(pattern) && !pattern.Any(char.IsAsciiLetterUpper);

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Z][A-Za-z]*([/_+-][A-Za-z0-9]+)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ZoneName();
}
