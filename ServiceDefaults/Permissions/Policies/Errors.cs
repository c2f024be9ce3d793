using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>Roles grant what the call takes, but a policy of the organisation refuses it: PERMISSION_DENIED, reason POLICY_DENIED.</summary>
public sealed record DeniedByPolicy : MeshError
{
    /// <summary>Who may read policies may know which one refused.</summary>
    internal const string MaySeeNames = "auth:policies:read";

    /// <param name="permission">What the call takes; also in the metadata.</param>
    /// <param name="policy">The policy's name, where the caller may know it; then in the metadata.</param>
    public DeniedByPolicy(string permission, string? policy)
        : base(StatusCode.PermissionDenied, "POLICY_DENIED", Describe(permission, policy))
    {
        Metadata = ImmutableDictionary<string, string>.Empty.Add("permission", permission);
        if (policy is not null) Metadata = Metadata.Add("policy", policy);
    }

    private static string Describe(string permission, string? policy) => policy is null
        ? $"A policy of your organisation does not allow '{permission}' here and now."
        : $"The policy '{policy}' does not allow '{permission}' here and now.";
}
