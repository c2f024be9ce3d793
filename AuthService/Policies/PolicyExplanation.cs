using System.Collections.Immutable;
using System.Net;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions.Policies;
using AiMesh.ServiceDefaults.Policy;
using Outcome = AiMesh.Auth.V1.PolicyDecision.Types.Outcome;

namespace AiMesh.AuthService.Policies;

/// <summary>Says which policies let a call pass that roles allow, and which do not.</summary>
internal static class PolicyExplanation
{
    /// <summary>Adds what policies say to an explanation that so far speaks of roles.</summary>
    /// <param name="transaction">Of the user's organisation.</param>
    /// <param name="user">Who would call.</param>
    /// <param name="roles">The user's roles with those that they include.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="time">For calls of now.</param>
    /// <param name="response">What is known already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task AddAsync(
        AuthTransaction transaction, UserRecord user, ImmutableArray<string> roles, ExplainPermissionRequest request, TimeProvider time,
        ExplainPermissionResponse response, CancellationToken cancellationToken)
    {
        var policies = await PolicyStore.ListAsync(transaction, cancellationToken);
        if (policies.Count == 0) return;

        var organisation = await OrganisationStore.FindAsync(transaction, cancellationToken);
        var principal = new Principal
        {
            Kind = PrincipalKind.User,
            Subject = user.Id,
            Organisation = transaction.Organisation,
            Roles = roles,
            Attributes = user.Attributes.ToImmutableDictionary(StringComparer.Ordinal),
            Tier = (Tier)organisation!.Tier,
            TokenId = "",
        };
        var address = request.Address.Length == 0 ? null : AddressRange.Plain(IPAddress.Parse(request.Address));
        var call = new AccessRequest(principal, request.Permission, address, request.Time?.ToDateTimeOffset() ?? time.GetUtcNow());
        foreach (var policy in policies.Where(static policy => !policy.Disabled).Select(static policy => CompiledAccessPolicy.Load(policy.ToPolicy(), out _)))
        {
            if (!policy.Targets(request.Permission, principal)) continue;
            var outcome = policy.Explain(call, name => name == "context.authentication_age" || (name == "context.address" && address is null));
            Add(response, policy.Policy.Name, outcome);
        }
    }

    private static void Add(ExplainPermissionResponse response, string policy, AccessPolicyOutcome outcome)
    {
        var (said, reason) = outcome switch
        {
            AccessPolicyOutcome.Passes => (Outcome.Passes, $"policy {policy} lets it pass"),
            AccessPolicyOutcome.Denies => (Outcome.Denies, $"policy {policy} denies it"),
            _ => (Outcome.Depends, $"policy {policy} depends on what this question does not tell"),
        };
        response.Policies.Add(new PolicyDecision { Policy = policy, Outcome = said });
        response.Reasons.Add(reason);
        response.Allowed &= said == Outcome.Passes;
    }
}
