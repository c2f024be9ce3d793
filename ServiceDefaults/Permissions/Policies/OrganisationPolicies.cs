using System.Collections.Frozen;
using System.Net;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>
/// The policies of one organisation, found by the first segment of a permission. Immutable; asking allocates nothing unless a policy targets the call.
/// </summary>
internal sealed class OrganisationPolicies
{
    private readonly FrozenDictionary<string, CompiledAccessPolicy[]>.AlternateLookup<ReadOnlySpan<char>> _byFirst;
    private readonly CompiledAccessPolicy[] _all;
    private readonly CompiledAccessPolicy[] _ofEveryFirst;

    public OrganisationPolicies(IEnumerable<CompiledAccessPolicy> policies)
    {
        _all = [.. policies];
        _ofEveryFirst = [.. _all.Where(static policy => FirstSegments(policy).Contains("*"))];
        _byFirst = _all.SelectMany(FirstSegments).Distinct(StringComparer.Ordinal)
            .ToFrozenDictionary(first => first, first => _all.Where(policy => FirstSegments(policy).Any(own => own == first || own == "*")).ToArray(), StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The first policy that refuses the call, or null.</summary>
    public CompiledAccessPolicy? FindRefusal(Principal principal, ReadOnlySpan<char> permission, IPAddress? address, TimeProvider time)
    {
        AccessRequest? request = null;
        foreach (var policy in Candidates(permission))
        {
            if (!policy.Targets(permission, principal)) continue;
            request ??= new AccessRequest(principal, permission.ToString(), address, time.GetUtcNow());
            if (!policy.Passes(request)) return policy;
        }

        return null;
    }

    private CompiledAccessPolicy[] Candidates(ReadOnlySpan<char> permission)
    {
        var end = permission.IndexOf(PermissionPattern.Divider);
        var first = end < 0 ? permission : permission[..end];
        if (first is "*") return _all;
        return _byFirst.TryGetValue(first, out var policies) ? policies : _ofEveryFirst;
    }

    private static IEnumerable<string> FirstSegments(CompiledAccessPolicy policy) =>
        policy.Policy.Permissions.Select(static pattern => pattern.Split(PermissionPattern.Divider)[0]);
}
