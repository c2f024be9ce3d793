using System.Net;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.ServiceDefaults.Tests.Permissions.Policies;

/// <summary>Policies and calls in few words.</summary>
internal static class Calls
{
    /// <summary>A Wednesday.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    public static readonly Principal Alice = new()
    {
        Kind = PrincipalKind.User,
        Subject = "alice",
        Organisation = "demo",
        TokenId = "t",
        Tier = Tier.Free,
        Roles = ["member"],
        Permissions = PermissionSet.Create("data:*"),
    };

    public static AccessRequest Call(string permission = "data:read:surveys", Principal? by = null, string? from = null, DateTimeOffset? at = null) =>
        new(by ?? Alice, permission, from is null ? null : IPAddress.Parse(from), at ?? Noon);

    public static AccessPolicy Rule(
        string condition, AccessPolicyEffect effect = AccessPolicyEffect.AllowOnlyIf, string permissions = "data:*", string name = "p", string zone = "", string[]? roles = null) =>
        new() { Name = name, Effect = effect, Permissions = [.. permissions.Split(' ')], Roles = [.. roles ?? []], Condition = condition, TimeZone = zone };

    /// <summary>Whether a policy with this condition lets a call pass.</summary>
    public static bool Passes(string condition, AccessRequest call, AccessPolicyEffect effect = AccessPolicyEffect.AllowOnlyIf, string zone = "") =>
        CompiledAccessPolicy.Compile(Rule(condition, effect, zone: zone)).Value.Passes(call);
}
