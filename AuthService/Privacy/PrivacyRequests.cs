using System.Buffers.Text;
using System.Security.Cryptography;
using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Organisations;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Roles;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Privacy;

/// <summary>Begins exports and erasures. From the commit on they go on by themselves.</summary>
internal sealed class PrivacyRequests(
    AuthDatabase database, UserTokens tokens, RevocationFeed feed, SubjectSeal seal, IOptions<PrivacyOptions> options)
{
    private const string ExportOthers = "auth:users:export";
    private const string EraseOthers = "auth:users:erase";

    /// <param name="caller">Who asks.</param>
    /// <param name="user">About whom.</param>
    /// <param name="services">All that keep something about people.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    public async Task<Result<PrivacyOperation>> ExportAsync(Principal caller, string user, IEnumerable<string> services, CancellationToken cancellationToken)
    {
        if (Check(caller, user, ExportOthers) is { } refused) return refused;
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        if (await UserStore.LockAsync(transaction, user, cancellationToken) is not { } person) return new NotFound("user", user);

        var visibleOnly = !caller.Allows(ExportOthers);
        if (await PrivacyStore.FindRunningExportAsync(transaction, user, caller.Subject, visibleOnly, cancellationToken) is { } running) return running;

        var operation = Begin(PrivacyOperation.Export, caller, person) with { VisibleOnly = visibleOnly };
        await PrivacyStore.InsertAsync(transaction, operation, TimeSpan.Zero, services, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("user.export", caller.Subject, user), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return operation;
    }

    /// <inheritdoc cref="ExportAsync"/>
    /// <param name="caller">Who asks.</param>
    /// <param name="user">Whom.</param>
    /// <param name="evenLastAdministrator">Also when nobody is left to administer the organisation.</param>
    /// <param name="services">All that keep something about people.</param>
    /// <param name="cancellationToken">Gives up before the commit.</param>
    public async Task<Result<PrivacyOperation>> EraseAsync(
        Principal caller, string user, bool evenLastAdministrator, IEnumerable<string> services, CancellationToken cancellationToken)
    {
        if (Check(caller, user, EraseOthers) is { } refused) return refused;
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        await OrganisationStore.LockAsync(transaction, cancellationToken);
        var person = await UserStore.LockAsync(transaction, user, cancellationToken);
        if (await PrivacyStore.FindErasureOfAsync(transaction, user, cancellationToken) is { } known) return known;
        if (person is null) return new NotFound("user", user);

        var isAdministrator = !person.Disabled && person.Roles.Contains(BuiltInRoles.Admin, StringComparer.Ordinal);
        if (isAdministrator && !evenLastAdministrator && !await UserStore.HasAdministratorBesideAsync(transaction, user, cancellationToken))
            return new ErasesLastAdministrator();

        // From here on the person is nobody: what follows only tidies up.
        await UserStore.UpdateAsync(transaction, person with { Disabled = true }, cancellationToken);
        await tokens.RevokeAsync(transaction, user, cancellationToken);
        await UserTokens.EndSessionsAsync(transaction, user, cancellationToken);
        await transaction.ExecuteAsync(
            "update api_keys set revoked_at = clock_timestamp() where organisation = @Organisation and user_id = @user and revoked_at is null",
            new { transaction.Organisation, user }, cancellationToken);

        var operation = Begin(PrivacyOperation.Erasure, caller, person) with
        {
            Pseudonym = ErasureOrder.PseudonymPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        };
        await PrivacyStore.InsertAsync(transaction, operation, options.Value.RevocationGrace, services, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("user.erase", caller.Subject, user), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
        return operation;
    }

    /// <summary>People for themselves, signed in and not by a key that somebody may have found; for others by permission.</summary>
    private static MeshError? Check(Principal caller, string user, string permission)
    {
        if (user.Length == 0) return new InvalidField("user", "is required");
        var isSelf = caller.Kind == PrincipalKind.User && caller.Subject == user;
        if (!isSelf && !caller.Allows(permission)) return new PermissionDenied(permission);
        return UserId.IsPlausible(user) ? null : new NotFound("user", user);
    }

    private PrivacyOperation Begin(string kind, Principal caller, UserRecord person)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var salt = RandomNumberGenerator.GetBytes(SubjectSeal.SaltLength);
        var subject = new DataSubject(caller.Organisation, person.Id, person.Email, person.DisplayName) { Roles = person.Roles };
        return new PrivacyOperation
        {
            Id = id,
            Organisation = caller.Organisation,
            Kind = kind,
            SubjectSalt = salt,
            SubjectHash = SubjectSeal.Hash(salt, person.Id),
            Subject = seal.Seal(id, subject),
            KeyVersion = seal.KeyVersion,
            VisibleOnly = false,
            RequestedBy = caller.Subject,
            CreatedAt = DateTime.UtcNow,
        };
    }
}
