using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Users;

/// <summary>
/// Attributes decide what policies and row rules let people do, so they are given as roles are: nobody gives what they do not have. Who holds every
/// permission gives and takes any.
/// </summary>
internal static class AttributeGrants
{
    /// <summary>Why the caller may not change these attributes, or null.</summary>
    /// <param name="caller">Who changes them.</param>
    /// <param name="userId">Whose they are; null for somebody new.</param>
    /// <param name="before">As they are.</param>
    /// <param name="after">As they are to be.</param>
    public static AttributeNotHeld? Check(
        Principal caller, string? userId, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        if (caller.Permissions.Allows("*")) return null;
        var changed = before.Keys.Union(after.Keys).Where(key => before.GetValueOrDefault(key) != after.GetValueOrDefault(key));

        // Taking one away may open something as well: NOT user.attributes.trainee:*.
        return changed.Order(StringComparer.Ordinal).FirstOrDefault(key =>
            userId == caller.Subject || !after.TryGetValue(key, out var value) || caller.Attributes.GetValueOrDefault(key) != value) is { } refused
            ? new AttributeNotHeld(refused)
            : null;
    }
}
