using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.Auth.V1;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.Policies;

/// <summary>A policy as a row.</summary>
internal sealed record PolicyRecord
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>As <see cref="AccessPolicyEffect"/> and the contract number them.</summary>
    public required short Effect { get; init; }

    /// <summary>In ordinal order, none twice.</summary>
    public required string[] Permissions { get; init; }

    /// <summary>In ordinal order, none twice.</summary>
    public required string[] Roles { get; init; }

    public required string Condition { get; init; }

    public required string TimeZone { get; init; }

    public required bool Disabled { get; init; }

    public long Version { get; init; }

    public DateTime CreatedAt { get; init; }

    public DateTime UpdatedAt { get; init; }

    // With the time of creation, so that a policy does not have the etag of a deleted one of its name.
    public string Etag => Base64Url.EncodeToString(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Name}:{Version}:{CreatedAt.Ticks}"))).AsSpan(0, 12));

    public AccessPolicy ToPolicy() => new()
    {
        Name = Name,
        Effect = (AccessPolicyEffect)Effect,
        Permissions = [.. Permissions],
        Roles = [.. Roles],
        Condition = Condition,
        TimeZone = TimeZone,
    };

    public Policy ToMessage() => new()
    {
        Name = Name,
        Description = Description,
        Effect = (Policy.Types.Effect)Effect,
        Permissions = { Permissions },
        Roles = { Roles },
        Condition = Condition,
        TimeZone = TimeZone,
        Disabled = Disabled,
        Etag = Etag,
        CreateTime = Timestamp.FromDateTime(CreatedAt),
        UpdateTime = Timestamp.FromDateTime(UpdatedAt),
    };

    /// <summary>The row with those fields of the message that the mask names.</summary>
    public PolicyRecord With(Policy policy, IReadOnlySet<string> mask) => this with
    {
        Description = mask.Contains("description") ? policy.Description : Description,
        Effect = mask.Contains("effect") ? EffectOf(policy) : Effect,
        Permissions = mask.Contains("permissions") ? Normalize(policy.Permissions) : Permissions,
        Roles = mask.Contains("roles") ? Normalize(policy.Roles) : Roles,
        Condition = mask.Contains("condition") ? policy.Condition : Condition,
        TimeZone = mask.Contains("time_zone") ? policy.TimeZone : TimeZone,
        Disabled = mask.Contains("disabled") ? policy.Disabled : Disabled,
    };

    public static PolicyRecord Of(Policy policy) => new()
    {
        Name = policy.Name,
        Description = policy.Description,
        Effect = EffectOf(policy),
        Permissions = Normalize(policy.Permissions),
        Roles = Normalize(policy.Roles),
        Condition = policy.Condition,
        TimeZone = policy.TimeZone,
        Disabled = policy.Disabled,
    };

    // Numbers that the contract does not know are as good as none; the cast alone would make known ones of some of them.
    private static short EffectOf(Policy policy) => System.Enum.IsDefined(policy.Effect) ? (short)policy.Effect : (short)0;

    private static string[] Normalize(IEnumerable<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
