using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Roles;

/// <summary>What administrators do to the roles of their organisation.</summary>
internal sealed class RoleAdministration(AuthDatabase database, UserTokens tokens, RevocationFeed feed)
{
    public async Task<Result<RoleRecord>> CreateAsync(Principal caller, Role role, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        RoleRules.CheckName(checks, role.Name);
        var description = RoleRules.CheckDescription(checks, role.Description);
        RoleRules.CheckPermissions(checks, role.Permissions);
        RoleRules.CheckIncludes(checks, role.Includes);
        if (!checks.Passed) return checks.Error;
        if (role.Includes.Contains(role.Name)) return new RoleIncludesItself(role.Name);
        if (RoleGrants.Check(caller, role.Permissions) is { } refused) return refused;

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (!(await RoleGrants.FindAsync(transaction, caller, role.Includes, [], cancellationToken)).TryGet(out _, out var problem)) return problem;
        var record = new RoleRecord
        {
            Name = role.Name,
            Description = description,
            Permissions = Normalize(role.Permissions),
            BuiltIn = false,
            Includes = Normalize(role.Includes),
        };
        if (await RoleStore.CountAsync(transaction, cancellationToken) >= RoleRules.MaxRolesOfAnOrganisation) return new TooManyRoles();
        if (!await RoleStore.InsertAsync(transaction, record, cancellationToken)) return new AlreadyExists("role", role.Name);

        await RoleStore.SetIncludesAsync(transaction, record.Name, record.Includes, cancellationToken);
        await transaction.WriteAsync(Event("role.create", caller, record), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return record;
    }

    /// <summary>Changes the fields that the mask names. Who holds the role needs a new token, so that all services follow.</summary>
    public async Task<Result<RoleRecord>> UpdateAsync(Principal caller, Role role, IReadOnlySet<string> mask, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        checks.Require("role.name", role.Name);
        if (mask.Contains("description")) role.Description = RoleRules.CheckDescription(checks, role.Description);
        if (mask.Contains("permissions")) RoleRules.CheckPermissions(checks, role.Permissions);
        if (mask.Contains("includes")) RoleRules.CheckIncludes(checks, role.Includes);
        if (!checks.Passed) return checks.Error;
        if (!RoleRules.IsName(role.Name)) return new NotFound("role", role.Name);
        if (role.Name == BuiltInRoles.Admin) return new RoleIsBuiltIn(role.Name);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await RoleStore.FindAsync(transaction, role.Name, cancellationToken) is not { } before) return new NotFound("role", role.Name);

        var after = before with
        {
            Description = mask.Contains("description") ? role.Description : before.Description,
            Permissions = mask.Contains("permissions") ? Normalize(role.Permissions) : before.Permissions,
            Includes = mask.Contains("includes") ? Normalize(role.Includes) : before.Includes,
        };
        if (RoleGrants.Check(caller, after.Permissions.Except(before.Permissions, StringComparer.Ordinal)) is { } refused) return refused;
        if (!(await RoleGrants.FindAsync(transaction, caller, after.Includes, before.Includes, cancellationToken)).TryGet(out _, out var problem)) return problem;
        if (await RoleStore.LeadsToAsync(transaction, after.Includes, after.Name, cancellationToken)) return new RoleIncludesItself(after.Name);

        await RoleStore.UpdateAsync(transaction, after, cancellationToken);
        await RoleStore.SetIncludesAsync(transaction, after.Name, after.Includes, cancellationToken);
        var changesGrants = !after.Permissions.AsSpan().SequenceEqual(before.Permissions) || !after.Includes.AsSpan().SequenceEqual(before.Includes);
        if (changesGrants) await tokens.RevokeHoldersAsync(transaction, role.Name, cancellationToken);
        await transaction.WriteAsync(Event("role.update", caller, after), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return after;
    }

    /// <returns>The name, or why the role stays.</returns>
    public async Task<Result<string>> DeleteAsync(Principal caller, string name, CancellationToken cancellationToken)
    {
        if (name.Length == 0) return new InvalidField("role", "is required");
        if (!RoleRules.IsName(name)) return new NotFound("role", name);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await RoleStore.FindAsync(transaction, name, cancellationToken) is not { } role) return new NotFound("role", name);
        if (role.BuiltIn) return new RoleIsBuiltIn(name);
        if (await RoleStore.IsHeldAsync(transaction, name, cancellationToken)) return new RoleInUse(name);

        await RoleStore.DeleteAsync(transaction, name, cancellationToken);
        await transaction.WriteAsync(Event("role.delete", caller, role), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return name;
    }

    private static string[] Normalize(IEnumerable<string> names) =>
        [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static AuditEntry Event(string action, Principal caller, RoleRecord role) =>
        new(action, caller.Subject, role.Name)
        {
            Detail = new Dictionary<string, string> { ["permissions"] = string.Join(' ', role.Permissions), ["includes"] = string.Join(',', role.Includes) },
        };
}
