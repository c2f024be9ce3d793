using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>
/// A rule of an organisation that narrows what roles grant. It never grants anything: a call that it targets goes on only where roles allow it
/// and the policy, like every other one that targets it, lets it pass.
/// </summary>
public sealed record AccessPolicy
{
    /// <summary>Unique within the organisation.</summary>
    public required string Name { get; init; }

    /// <summary>What the condition means.</summary>
    public required AccessPolicyEffect Effect { get; init; }

    /// <summary>Permissions that it is about, as patterns: "data:delete:*".</summary>
    public required ImmutableArray<string> Permissions { get; init; }

    /// <summary>Roles that it is about, of which the caller holds at least one; empty: everybody.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>In the language of filters and row rules, over the names of <see cref="AccessAttributes"/>; empty: always.</summary>
    public string Condition { get; init; } = "";

    /// <summary>The zone of the tz database in which times and days are read; empty: UTC.</summary>
    public string TimeZone { get; init; } = "";
}

/// <summary>What the condition of a policy means.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AccessPolicyEffect>))]
public enum AccessPolicyEffect
{
    /// <summary>None; not to be used.</summary>
    [JsonStringEnumMemberName("EFFECT_UNSPECIFIED")]
    Unspecified = 0,

    /// <summary>Refused unless the condition is known to be false.</summary>
    [JsonStringEnumMemberName("DENY")]
    Deny = 1,

    /// <summary>Refused unless the condition is known to be true.</summary>
    [JsonStringEnumMemberName("ALLOW_ONLY_IF")]
    AllowOnlyIf = 2,
}
