using System.Collections.Immutable;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Passwords;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Users;

/// <summary>What administrators do to the users of their organisation.</summary>
internal sealed class UserAdministration(
    AuthDatabase database, PasswordHasher hasher, EmailAddresses addresses, UserTokens tokens, RevocationFeed feed)
{
    /// <summary>Adds a user to the caller's organisation.</summary>
    public async Task<Result<UserRecord>> CreateAsync(Principal caller, User user, string password, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        if (EmailAddress.Check(user.Email.Trim()) is { } emailProblem) checks.Fail("user.email", emailProblem);
        var displayName = checks.Line("user.display_name", user.DisplayName, UserRules.MaxDisplayNameLength, required: false);
        UserRules.CheckRoles(checks, user.Roles);
        UserRules.CheckAttributes(checks, user.Attributes);
        if (PasswordRules.Check(password, user.Email.Trim(), displayName) is { } problem) checks.Fail("password", problem);
        if (!checks.Passed) return checks.Error;
        if (AttributeGrants.Check(caller, null, ImmutableSortedDictionary<string, string>.Empty, user.Attributes.ToDictionary()) is { } notHeld) return notHeld;

        string passwordHash;
        if (!(await hasher.TakeTurnAsync(cancellationToken)).TryGet(out var turn, out var busy)) return busy;
        using (turn) passwordHash = await turn.HashAsync(password);

        var email = await addresses.NormalizeAsync(user.Email, cancellationToken);
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (!(await RoleGrants.FindAsync(transaction, caller, user.Roles, [], cancellationToken)).TryGet(out var roles, out var refused)) return refused;
        if (UserRules.CheckTokenSpace(user, roles) is { } tooMuch) return tooMuch;

        var created = await UserStore.InsertAsync(
            transaction,
            new NewUser(email, displayName.Length > 0 ? displayName : email.DefaultDisplayName, passwordHash)
            {
                Roles = user.Roles,
                Attributes = user.Attributes,
                Disabled = user.Disabled,
            },
            cancellationToken);
        if (!created.TryGet(out var record, out var taken)) return taken;

        await transaction.WriteAsync(new AuditEntry("user.create", caller.Subject, record.Id) { Detail = DescribeRoles(record) }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return record;
    }

    /// <summary>Changes the fields that the mask names. Tokens issued before are refused from then on, so that sessions follow.</summary>
    public async Task<Result<UserRecord>> UpdateAsync(
        Principal caller, User user, IReadOnlySet<string> mask, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        checks.Require("user.id", user.Id);
        if (mask.Contains("display_name")) user.DisplayName = checks.Line("user.display_name", user.DisplayName, UserRules.MaxDisplayNameLength, required: true);
        if (mask.Contains("roles")) UserRules.CheckRoles(checks, user.Roles);
        if (mask.Contains("attributes")) UserRules.CheckAttributes(checks, user.Attributes);
        if (!checks.Passed) return checks.Error;
        if (!UserId.IsPlausible(user.Id)) return new NotFound("user", user.Id);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await UserStore.LockAsync(transaction, user.Id, cancellationToken) is not { } before) return new NotFound("user", user.Id);

        var after = Apply(before, user, mask);
        if (await CheckAsync(transaction, caller, before, after, cancellationToken) is { } refused) return refused;
        if (IsSame(before, after)) return before;

        await UserStore.UpdateAsync(transaction, after, cancellationToken);
        await UserStore.SetRolesAsync(transaction, after.Id, after.Roles, cancellationToken);
        await tokens.RevokeAsync(transaction, after.Id, cancellationToken);
        if (after.Disabled) await UserTokens.EndSessionsAsync(transaction, after.Id, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry(after.Disabled && !before.Disabled ? "user.disable" : "user.update", caller.Subject, after.Id) { Detail = DescribeRoles(after) },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return after;
    }

    private static UserRecord Apply(UserRecord before, User user, IReadOnlySet<string> mask) => before with
    {
        DisplayName = mask.Contains("display_name") ? user.DisplayName : before.DisplayName,
        Roles = mask.Contains("roles") ? [.. user.Roles.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : before.Roles,
        AttributesJson = mask.Contains("attributes") ? UserRecord.WriteAttributes(user.Attributes) : before.AttributesJson,
        Disabled = mask.Contains("disabled") ? user.Disabled : before.Disabled,
    };

    private static async Task<MeshError?> CheckAsync(
        AuthTransaction transaction, Principal caller, UserRecord before, UserRecord after, CancellationToken cancellationToken)
    {
        if (!(await RoleGrants.FindAsync(transaction, caller, after.Roles, before.Roles, cancellationToken)).TryGet(out var roles, out var refused)) return refused;
        if (AttributeGrants.Check(caller, after.Id, before.Attributes, after.Attributes) is { } notHeld) return notHeld;
        if (UserRules.CheckTokenSpace(after.ToMessage(), roles) is { } tooMuch) return tooMuch;

        var losesAdministrator = IsAdministrator(before) && !IsAdministrator(after);
        return losesAdministrator && !await UserStore.HasAdministratorBesideAsync(transaction, after.Id, cancellationToken) ? new LastAdministrator() : null;
    }

    private static bool IsAdministrator(UserRecord user) => !user.Disabled && user.Roles.Contains(BuiltInRoles.Admin, StringComparer.Ordinal);

    private static bool IsSame(UserRecord left, UserRecord right) =>
        left.DisplayName == right.DisplayName && left.Disabled == right.Disabled && left.Roles.AsSpan().SequenceEqual(right.Roles)
        && left.Attributes.SequenceEqual(right.Attributes);

    private static Dictionary<string, string> DescribeRoles(UserRecord user) => new() { ["roles"] = string.Join(',', user.Roles) };
}
