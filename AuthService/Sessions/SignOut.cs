using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AuthService.Sessions;

/// <summary>Ends the session that an access token belongs to.</summary>
internal sealed class SignOut(AuthDatabase database, RevocationStore revocations, RevocationFeed feed)
{
    public async Task SignOutAsync(Principal caller, string? address, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(caller.Organisation, cancellationToken);
        if (!await SessionStore.EndAsync(transaction, caller.SessionId, "logout", cancellationToken)) return;

        await revocations.RevokeSessionAsync(transaction, caller.SessionId, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("session.logout", caller.Subject, caller.SessionId) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await feed.AnnounceAsync(cancellationToken);
    }
}
