using System.Net;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>Asks the policies for one caller. Holds nothing of the request, so that it may outlive it.</summary>
internal sealed class PolicyGuard(AccessPolicies policies, Principal principal, IPAddress? address)
{
    /// <summary>What the caller is told when policies refuse what roles allow; null when they let it pass.</summary>
    public MeshError? Check(ReadOnlySpan<char> permission) => policies.Check(principal, permission, address);
}
