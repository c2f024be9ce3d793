using AiMesh.Auth.V1;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Fields;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Passwords;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Sessions;

/// <summary>Registers a person together with an organisation of their own.</summary>
internal sealed class Registration(AuthDatabase database, PasswordHasher hasher, EmailAddresses addresses)
{
    public async Task<Result<UserRecord>> RegisterAsync(RegisterRequest request, string address, CancellationToken cancellationToken)
    {
        var checks = new FieldChecks();
        if (EmailAddress.Check(request.Email.Trim()) is { } emailProblem) checks.Fail("email", emailProblem);
        var displayName = checks.Line("display_name", request.DisplayName, UserRules.MaxDisplayNameLength, required: false);
        var organisation = checks.Line("organisation", request.Organisation, OrganisationsGrpcService.MaxDisplayNameLength, required: false);
        if (PasswordRules.Check(request.Password, request.Email.Trim(), displayName, organisation) is { } passwordProblem) checks.Fail("password", passwordProblem);
        if (!checks.Passed) return checks.Error;

        string passwordHash;
        if (!(await hasher.TakeTurnAsync(cancellationToken)).TryGet(out var turn, out var busy)) return busy;
        using (turn) passwordHash = await turn.HashAsync(request.Password);

        var email = await addresses.NormalizeAsync(request.Email, cancellationToken);
        if (displayName.Length == 0) displayName = email.DefaultDisplayName;
        if (organisation.Length == 0) organisation = displayName;

        await using var transaction = await database.BeginAsync(OrganisationId.NewFor(organisation), cancellationToken);
        await OrganisationStore.InsertAsync(transaction, organisation, Tier.Free, cancellationToken);
        var created = await UserStore.InsertAsync(
            transaction, new NewUser(email, displayName, passwordHash) { Roles = [BuiltInRoles.Admin] }, cancellationToken);
        if (!created.TryGet(out var user, out var taken)) return taken;

        await transaction.WriteAsync(new AuditEntry("organisation.register", user.Id, transaction.Organisation) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return user;
    }
}
