using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.Users;

/// <summary>
/// Withdraws what was issued to a user. A token is issued while the user's row is locked for sharing, and takes its time from the
/// database's clock; whoever changes the user locks the row alone. So each token was either issued before, and is revoked, or sees
/// the change.
/// </summary>
internal sealed class UserTokens(RevocationStore revocations)
{
    // Tokens name whole seconds. Those of the running second are revoked as well, so new ones are dated into the next.
    private const string NextSecond = "greatest(date_trunc('second', clock_timestamp()), tokens_from) + interval '1 second'";

    /// <summary>Revokes the access tokens issued so far; clients get new ones with their refresh tokens.</summary>
    public async Task RevokeAsync(AuthTransaction transaction, string userId, CancellationToken cancellationToken) =>
        await revocations.RevokeUsersAsync(
            transaction,
            await transaction.QueryAsync<UserCutoff>(
                $"""
                update users set tokens_from = {NextSecond}
                where organisation = @Organisation and id = @userId returning id as UserId, tokens_from as IssuedBefore
                """,
                new { transaction.Organisation, userId }, cancellationToken),
            cancellationToken);

    /// <summary>
    /// The same for everybody who holds a role, directly or through one that includes it, people and clients. The organisation is locked, so that nobody comes to hold it meanwhile.
    /// </summary>
    public async Task RevokeHoldersAsync(AuthTransaction transaction, string role, CancellationToken cancellationToken)
    {
        await revocations.RevokeUsersAsync(
            transaction,
            await transaction.QueryAsync<UserCutoff>(
                $"""
                update users set tokens_from = {NextSecond}
                where organisation = @Organisation
                    and id in (select user_id from user_roles where organisation = @Organisation and role in (select roles_including(@Organisation, @role)))
                returning id as UserId, tokens_from as IssuedBefore
                """,
                new { transaction.Organisation, role }, cancellationToken),
            cancellationToken);
        await revocations.RevokeUsersAsync(
            transaction,
            await transaction.QueryAsync<UserCutoff>(
                $"""
                update clients set tokens_from = {NextSecond}
                where organisation = @Organisation
                    and id in (select client_id from client_roles where organisation = @Organisation and role in (select roles_including(@Organisation, @role)))
                returning id as UserId, tokens_from as IssuedBefore
                """,
                new { transaction.Organisation, role }, cancellationToken),
            cancellationToken);
    }

    /// <summary>Ends all sessions, so that their refresh tokens are dead as well.</summary>
    public static Task EndSessionsAsync(AuthTransaction transaction, string userId, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update sessions set ended_at = clock_timestamp(), end_reason = 'disabled'
            where organisation = @Organisation and user_id = @userId and ended_at is null
            """,
            new { transaction.Organisation, userId }, cancellationToken);
}
