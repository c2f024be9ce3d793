using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>
/// A policy ready to decide. What it holds is the condition under which a call passes: that of ALLOW_ONLY_IF, and the negation of that of DENY. As a
/// comparison with something absent is false and so is its negation, what cannot be known never lets a call pass (three-valued logic, fail closed).
/// Immutable and safe for concurrent use.
/// </summary>
public sealed class CompiledAccessPolicy
{
    private readonly PolicyExpression _passes;
    private readonly TimeZoneInfo _zone;
    private readonly Func<AccessRequest, bool> _decide;

    private CompiledAccessPolicy(AccessPolicy policy, PolicyExpression passes, TimeZoneInfo zone)
    {
        (Policy, _passes, _zone) = (policy, passes, zone);
        _decide = Compile(passes);
    }

    /// <summary>As it was written.</summary>
    public AccessPolicy Policy { get; }

    /// <summary>Checks and compiles a policy; everything that is wrong is named, in the condition with its position.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="field">What the policy is called in the request: "policy".</param>
    public static Result<CompiledAccessPolicy> Compile(AccessPolicy policy, string field = "policy")
    {
        ArgumentNullException.ThrowIfNull(policy);
        var violations = AccessPolicyRules.Check(policy, field).ToList();
        var zone = AccessPolicyRules.FindZone(policy.TimeZone);
        var parsed = PolicyParser.Parse(policy.Condition, AccessAttributes.Schema);
        violations.AddRange(parsed.Errors.Select(error => new FieldViolation($"{field}.condition", error.ToString())));
        if (violations is [var only]) return new InvalidField(only.Field, only.Description);
        if (violations.Count > 0 || zone is null || parsed.Expression is not { } condition) return new InvalidFields([.. violations]);
        return new CompiledAccessPolicy(policy, policy.Effect == AccessPolicyEffect.Deny ? condition.Negate() : condition, zone);
    }

    /// <summary>
    /// Compiles a policy that was checked elsewhere. One that this version of the service does not understand refuses everything that it targets; where not
    /// even that can be read, everything.
    /// </summary>
    public static CompiledAccessPolicy Load(AccessPolicy policy, out MeshError? problem)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (Compile(policy).TryGet(out var compiled, out problem)) return compiled;
        var isTargetGood = !policy.Permissions.IsEmpty && policy.Permissions.All(static pattern => PermissionPattern.IsValid(pattern));
        return new CompiledAccessPolicy(isTargetGood ? policy : policy with { Permissions = ["*"], Roles = [] }, PolicyExpression.Nothing, TimeZoneInfo.Utc);
    }

    /// <summary>Whether the policy is about a call that takes this permission, by this caller.</summary>
    public bool Targets(ReadOnlySpan<char> permission, [NotNull] Principal principal)
    {
        foreach (var pattern in Policy.Permissions)
            if (PermissionPattern.Overlaps(pattern, permission)) return IsAbout(principal);
        return false;
    }

    /// <summary>Whether the policy, which targets the call, lets it pass.</summary>
    public bool Passes(AccessRequest request) => _decide(request);

    /// <summary>What the policy, which targets the call, says where some of the call's context is not known yet.</summary>
    /// <param name="request">The call.</param>
    /// <param name="isOpen">Says of a name such as "context.address" that its value is not known yet, while a call will have one.</param>
    public AccessPolicyOutcome Explain(AccessRequest request, Func<string, bool> isOpen)
    {
        // NOT stands nowhere in an expression, so it can only become truer by what becomes true in it: these two are the bounds.
        if (!Compile(_passes.Assume(isOpen, value: true))(request)) return AccessPolicyOutcome.Denies;
        return Compile(_passes.Assume(isOpen, value: false))(request) ? AccessPolicyOutcome.Passes : AccessPolicyOutcome.Depends;
    }

    private bool IsAbout(Principal principal)
    {
        if (Policy.Roles.IsEmpty) return true;
        foreach (var role in Policy.Roles)
            if (principal.HasRole(role)) return true;
        return false;
    }

    private Func<AccessRequest, bool> Compile(PolicyExpression expression) =>
        PolicyCompiler.Compile<AccessRequest>(expression, operand => AccessAttributes.Reader(operand, _zone));
}

/// <summary>What a policy says of a call that it targets.</summary>
public enum AccessPolicyOutcome
{
    /// <summary>It lets the call pass, whatever is not known yet.</summary>
    Passes,

    /// <summary>It refuses the call, whatever is not known yet.</summary>
    Denies,

    /// <summary>It depends on what is not known yet.</summary>
    Depends,
}
