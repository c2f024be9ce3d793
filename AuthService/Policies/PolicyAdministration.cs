using System.Net;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Permissions.Policies;

namespace AiMesh.AuthService.Policies;

/// <summary>What administrators do to the policies of their organisation.</summary>
internal sealed class PolicyAdministration(AuthDatabase database, PolicyFeed feed, TimeProvider time)
{
    public const string WritePermission = "auth:policies:write";

    public const int MaxPolicies = 200;

    /// <summary>As the document that services read, in UTF-16 code units; most conditions are ASCII.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxDescriptionLength = 500;

    public async Task<Result<PolicyRecord>> CreateAsync(PolicyAuthor author, Policy policy, CancellationToken cancellationToken)
    {
        var record = PolicyRecord.Of(policy);
        if (Check(ref record) is { } wrong) return wrong;

        await using var transaction = await BeginAsync(author, cancellationToken);
        if (await PolicyStore.FindAsync(transaction, record.Name, cancellationToken) is not null) return new AlreadyExists("policy", record.Name);
        if (await FindUnknownRoleAsync(transaction, record, cancellationToken) is { } unknown) return unknown;
        await PolicyStore.InsertAsync(transaction, record, cancellationToken);
        return await CompleteAsync(transaction, author, "policy.create", record, cancellationToken);
    }

    /// <summary>Changes the fields that the mask names.</summary>
    public async Task<Result<PolicyRecord>> UpdateAsync(PolicyAuthor author, Policy policy, IReadOnlySet<string> mask, CancellationToken cancellationToken)
    {
        if (policy.Name.Length == 0) return new InvalidField("policy.name", "is required");
        if (!RoleRules.IsName(policy.Name)) return new NotFound("policy", policy.Name);

        await using var transaction = await BeginAsync(author, cancellationToken);
        if (await PolicyStore.FindAsync(transaction, policy.Name, cancellationToken) is not { } before) return new NotFound("policy", policy.Name);
        if (policy.Etag.Length > 0 && policy.Etag != before.Etag) return new EtagMismatch("policy", policy.Name);
        var after = before.With(policy, mask);
        if (Check(ref after) is { } wrong) return wrong;
        if (await FindUnknownRoleAsync(transaction, after, cancellationToken) is { } unknown) return unknown;
        await PolicyStore.UpdateAsync(transaction, after, cancellationToken);
        return await CompleteAsync(transaction, author, "policy.update", after, cancellationToken);
    }

    /// <returns>The policy as it was, or why it stays.</returns>
    public async Task<Result<PolicyRecord>> DeleteAsync(PolicyAuthor author, string name, string etag, CancellationToken cancellationToken)
    {
        if (name.Length == 0) return new InvalidField("policy", "is required");
        if (!RoleRules.IsName(name)) return new NotFound("policy", name);

        await using var transaction = await BeginAsync(author, cancellationToken);
        if (await PolicyStore.FindAsync(transaction, name, cancellationToken) is not { } before) return new NotFound("policy", name);
        if (etag.Length > 0 && etag != before.Etag) return new EtagMismatch("policy", name);
        await PolicyStore.DeleteAsync(transaction, name, cancellationToken);
        return await CompleteAsync(transaction, author, "policy.delete", before, cancellationToken);
    }

    private async Task<AuthTransaction> BeginAsync(PolicyAuthor author, CancellationToken cancellationToken)
    {
        var transaction = await database.BeginAsync(author.Principal.Organisation, cancellationToken);

        // One change at a time, so that the published document is that of all changes before.
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        return transaction;
    }

    private static MeshError? Check(ref PolicyRecord record)
    {
        var checks = new FieldChecks();
        record = record with { Description = checks.Line("policy.description", record.Description, MaxDescriptionLength, required: false) };
        if (!CompiledAccessPolicy.Compile(record.ToPolicy()).TryGet(out _, out var problem))
            foreach (var violation in problem.Violations) checks.Fail(violation.Field, violation.Description);
        return checks.Passed ? null : checks.Error;
    }

    // A policy about a misspelled role would be about nobody.
    private static async Task<MeshError?> FindUnknownRoleAsync(AuthTransaction transaction, PolicyRecord policy, CancellationToken cancellationToken)
    {
        var known = await RoleStore.FindGrantsAsync(transaction, policy.Roles, cancellationToken);
        return policy.Roles.FirstOrDefault(role => !known.ContainsKey(role)) is { } unknown ? new NotFound("role", unknown) : null;
    }

    private async Task<Result<PolicyRecord>> CompleteAsync(
        AuthTransaction transaction, PolicyAuthor author, string action, PolicyRecord policy, CancellationToken cancellationToken)
    {
        var all = await PolicyStore.ListAsync(transaction, cancellationToken);
        AccessPolicy[] inForce = [.. all.Where(static other => !other.Disabled).Select(static other => other.ToPolicy())];
        var document = AccessPolicyDocument.WritePolicies(inForce);
        if (all.Count > MaxPolicies || document.Length > MaxBytes) return new TooManyPolicies();
        if (action != "policy.delete" && FindLock(author, inForce) is { } locking) return new PolicyLocksOut(locking);

        await PolicyStore.PublishAsync(transaction, document, cancellationToken);
        await transaction.WriteAsync(Event(action, author, policy), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return all.FirstOrDefault(other => other.Name == policy.Name) ?? policy;
    }

    private string? FindLock(PolicyAuthor author, IEnumerable<AccessPolicy> policies)
    {
        var request = new AccessRequest(author.Principal, WritePermission, author.Address, time.GetUtcNow());
        return policies.Select(static policy => CompiledAccessPolicy.Load(policy, out _))
            .FirstOrDefault(policy => policy.Targets(WritePermission, author.Principal) && !policy.Passes(request))?.Policy.Name;
    }

    private static AuditEntry Event(string action, PolicyAuthor author, PolicyRecord policy) => new(action, author.Principal.Subject, policy.Name)
    {
        Address = author.Address?.ToString(),
        Detail = new Dictionary<string, string>
        {
            ["effect"] = $"{(AccessPolicyEffect)policy.Effect}",
            ["permissions"] = string.Join(' ', policy.Permissions),
            ["roles"] = string.Join(',', policy.Roles),
            ["condition"] = policy.Condition,
            ["time_zone"] = policy.TimeZone,
            ["disabled"] = policy.Disabled ? "true" : "false",
        },
    };
}

/// <summary>Who changes policies, and from where.</summary>
/// <param name="Principal">Who.</param>
/// <param name="Address">The address from which the call came into the mesh, where known.</param>
internal sealed record PolicyAuthor(Principal Principal, IPAddress? Address);
