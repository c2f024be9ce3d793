using System.Security.Cryptography;
using System.Text;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.ExternalSignIn.Oidc;
using AiMesh.AuthService.ExternalSignIn.Providers;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Passwords;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.ExternalSignIn.Accounts;

/// <summary>
/// Finds, creates and brings up to date the user whom a provider has signed in. A user is found by issuer and subject alone: who could name
/// an address at some provider would otherwise become whoever has it here.
/// </summary>
internal sealed class ExternalAccounts(UserTokens tokens, PasswordHasher hasher, EmailAddresses addresses)
{
    /// <summary>Leaves the user as the claims say, within the transaction, which is to be committed also when the answer is <see cref="NoRole"/>.</summary>
    public async Task<Result<ExternalUser>> FindAsync(
        AuthTransaction transaction, IdentityProviderRecord provider, ExternalClaims claims, string address, CancellationToken cancellationToken)
    {
        var roles = provider.RolesFor(claims);
        var user = await ReadAsync(transaction, provider, claims, cancellationToken);
        if (user is null || FollowsClaims(provider, user, roles))
        {
            // Users and roles of an organisation change one at a time, so what is read now is still true at the commit.
            await OrganisationStore.LockAsync(transaction, cancellationToken);
            user = await ReadAsync(transaction, provider, claims, cancellationToken);
        }

        if (user is null) return await CreateAsync(transaction, provider, claims, roles, address, cancellationToken);
        if (user.Disabled) return new NotAUser("disabled");
        if (!FollowsClaims(provider, user, roles)) return provider.RoleRules.Length > 0 && roles.Length == 0 ? new NoRole() : new ExternalUser(user.Id, RolesChanged: false);

        roles = await KeepAdministratorAsync(transaction, user, roles, cancellationToken);
        var changes = !user.Roles.ToHashSet(StringComparer.Ordinal).SetEquals(roles);
        if (changes) await SetRolesAsync(transaction, provider, user, roles, address, cancellationToken);
        return roles.Length == 0 ? new NoRole() : new ExternalUser(user.Id, changes);
    }

    private static async Task<UserRecord?> ReadAsync(
        AuthTransaction transaction, IdentityProviderRecord provider, ExternalClaims claims, CancellationToken cancellationToken) =>
        await ExternalAccountStore.FindUserAsync(transaction, provider.Issuer, claims.Subject, cancellationToken) is { } id
            ? await UserStore.FindAsync(transaction, id, cancellationToken)
            : null;

    /// <summary>Whether claims decide about roles, and decide otherwise than before.</summary>
    private static bool FollowsClaims(IdentityProviderRecord provider, UserRecord user, string[] roles) =>
        provider.RoleRules.Length > 0 && !user.Roles.AsSpan().SequenceEqual(roles);

    private async Task<Result<ExternalUser>> CreateAsync(
        AuthTransaction transaction, IdentityProviderRecord provider, ExternalClaims claims, string[] roles, string address, CancellationToken cancellationToken)
    {
        if (!provider.CreatesUsers) return new NotAUser("not_linked");
        if (roles.Length == 0) return new NoRole();

        var email = await EmailOfAsync(provider, claims, cancellationToken);
        var inserted = await UserStore.InsertAsync(
            transaction, new NewUser(email, DisplayNameOf(claims, email), hasher.HashOfNothing()) { Roles = roles }, cancellationToken);
        if (!inserted.TryGet(out var user, out _)) return new NotAUser("address_taken");

        await ExternalAccountStore.LinkAsync(transaction, provider.Issuer, claims.Subject, user.Id, cancellationToken);
        await transaction.WriteAsync(Event("user.create", provider, user.Id, roles, address), cancellationToken);
        return new ExternalUser(user.Id, RolesChanged: false);
    }

    /// <summary>An organisation always keeps somebody who can administer it, whatever a provider says.</summary>
    private static async Task<string[]> KeepAdministratorAsync(AuthTransaction transaction, UserRecord user, string[] roles, CancellationToken cancellationToken)
    {
        var losesAdministrator = user.Roles.Contains(BuiltInRoles.Admin, StringComparer.Ordinal) && !roles.Contains(BuiltInRoles.Admin, StringComparer.Ordinal);
        return losesAdministrator && !await UserStore.HasAdministratorBesideAsync(transaction, user.Id, cancellationToken) ? [.. roles, BuiltInRoles.Admin] : roles;
    }

    private async Task SetRolesAsync(
        AuthTransaction transaction, IdentityProviderRecord provider, UserRecord user, string[] roles, string address, CancellationToken cancellationToken)
    {
        await UserStore.LockAsync(transaction, user.Id, cancellationToken);
        await UserStore.SetRolesAsync(transaction, user.Id, roles, cancellationToken);
        await tokens.RevokeAsync(transaction, user.Id, cancellationToken);
        await transaction.WriteAsync(Event("user.update", provider, user.Id, roles, address), cancellationToken);
    }

    /// <summary>The address where the issuer vouches for it, otherwise one that nobody has.</summary>
    private async Task<EmailAddress> EmailOfAsync(IdentityProviderRecord provider, ExternalClaims claims, CancellationToken cancellationToken)
    {
        if (claims.VerifiedEmail is { } email && EmailAddress.Check(email.Trim()) is null) return await addresses.NormalizeAsync(email, cancellationToken);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{provider.Issuer}\0{claims.Subject}"));
        return await addresses.NormalizeAsync($"{Convert.ToHexStringLower(hash.AsSpan(0, 16))}@external.invalid", cancellationToken);
    }

    private static string DisplayNameOf(ExternalClaims claims, EmailAddress email)
    {
        var name = string.Concat((claims.DisplayName ?? "").Where(static character => !char.IsControl(character))).Trim();
        return name.Length > 0 && FieldChecks.CharacterCount(name) <= UserRules.MaxDisplayNameLength ? name : email.DefaultDisplayName;
    }

    private static AuditEntry Event(string action, IdentityProviderRecord provider, string userId, string[] roles, string address) =>
        new(action, userId, userId)
        {
            Address = address,
            Detail = new Dictionary<string, string> { ["identityProvider"] = provider.Name, ["roles"] = string.Join(',', roles) },
        };
}

/// <summary>A user whom a provider has signed in.</summary>
/// <param name="RolesChanged">Whether tokens issued before were revoked, which is to be announced.</param>
internal sealed record ExternalUser(string Id, bool RolesChanged);
