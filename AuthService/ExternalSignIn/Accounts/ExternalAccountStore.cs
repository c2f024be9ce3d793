using AiMesh.AuthService.Storage;

namespace AiMesh.AuthService.ExternalSignIn.Accounts;

/// <summary>Who somebody at an issuer is here, as rows of one organisation.</summary>
internal static class ExternalAccountStore
{
    /// <summary>The id of the user, or null.</summary>
    public static Task<string?> FindUserAsync(AuthTransaction transaction, string issuer, string subject, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<string>(
            "select user_id from external_accounts where organisation = @Organisation and issuer = @issuer and subject = @subject",
            new { transaction.Organisation, issuer, subject }, cancellationToken);

    /// <returns>False when the subject is linked already.</returns>
    public static async Task<bool> LinkAsync(AuthTransaction transaction, string issuer, string subject, string userId, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            insert into external_accounts (organisation, issuer, subject, user_id) values (@Organisation, @issuer, @subject, @userId)
            on conflict do nothing
            """,
            new { transaction.Organisation, issuer, subject, userId }, cancellationToken) > 0;
}
