using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Policies;

/// <summary>The organisation has as many policies as it may have, or as long ones.</summary>
internal sealed record TooManyPolicies() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_POLICIES",
    $"An organisation has at most {PolicyAdministration.MaxPolicies} policies, of {PolicyAdministration.MaxBytes / 1024} KiB together.");

/// <summary>Nobody could take the policy back from where the caller is.</summary>
internal sealed record PolicyLocksOut(string Policy) : MeshError(
    StatusCode.FailedPrecondition, "POLICY_LOCKS_OUT",
    $"The policy '{Policy}' would refuse you '{PolicyAdministration.WritePermission}' here and now, so that you could not take it back.");
