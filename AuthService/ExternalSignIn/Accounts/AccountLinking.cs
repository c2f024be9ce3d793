using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.ExternalSignIn.Providers;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.ExternalSignIn.Accounts;

/// <summary>Links users with accounts at providers, as administrators say.</summary>
internal sealed class AccountLinking(AuthDatabase database)
{
    private const int MaxSubjectLength = 255;

    /// <summary>Who links could sign in as the user, so they must have all that the user has.</summary>
    public async Task<Result<string>> LinkAsync(Principal caller, LinkExternalAccountRequest request, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        checks.Require("identity_provider", request.IdentityProvider);
        checks.Require("user", request.User);
        if (request.Subject.Length is 0 or > MaxSubjectLength || request.Subject.Any(static character => character is < ' ' or > '~'))
            checks.Fail("subject", $"must be 1 to {MaxSubjectLength} characters of ASCII");
        if (!checks.Passed) return checks.Error;
        if (!UserId.IsPlausible(request.User)) return new NotFound("user", request.User);

        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        if (await IdentityProviderStore.FindAsync(transaction, request.IdentityProvider, cancellationToken) is not { } provider)
            return new NotFound("identity provider", request.IdentityProvider);
        if (await UserStore.FindAsync(transaction, request.User, cancellationToken) is not { } user) return new NotFound("user", request.User);
        if (!(await RoleGrants.FindAsync(transaction, caller, user.Roles, [], cancellationToken)).TryGet(out _, out var refused)) return refused;
        if (!await ExternalAccountStore.LinkAsync(transaction, provider.Issuer, request.Subject, user.Id, cancellationToken))
        {
            return await ExternalAccountStore.FindUserAsync(transaction, provider.Issuer, request.Subject, cancellationToken) == user.Id
                ? user.Id
                : new AlreadyExists("external account", request.Subject);
        }

        // Who somebody is elsewhere is to be forgotten with the account (A10); as long as there is one, external_accounts tells it.
        var subject = await PersonKeys.SealDetailAsync(transaction, user.Id, request.Subject, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("user.link", caller.Subject, user.Id) { Detail = new Dictionary<string, string> { ["issuer"] = provider.Issuer, ["subject"] = subject } },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return user.Id;
    }
}
