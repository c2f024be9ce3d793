using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Passwords;
using AiMesh.AuthService.Storage;
using AiMesh.AuthService.Users;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Sessions;

/// <summary>Signs people in by address and password. Whatever is wrong, the same work is done and the same answer given.</summary>
internal sealed class SignIn(
    AuthDatabase database, PasswordHasher hasher, SignInBackoff backoff, SessionOpening opening, EmailAddresses addresses)
{
    /// <summary>Longer than any password can be; hashing more would only cost.</summary>
    private const int MaxTypedLength = 1024;

    public async Task<Result<TokenPair>> SignInAsync(string email, string password, string address, CancellationToken cancellationToken)
    {
        var checks = new Fields.FieldChecks();
        checks.Require("email", email);
        checks.Require("password", password);
        if (email.Length > MaxTypedLength) checks.Fail("email", $"must have at most {MaxTypedLength} characters");
        if (password.Length > MaxTypedLength) checks.Fail("password", $"must have at most {MaxTypedLength} characters");
        if (!checks.Passed) return checks.Error;

        var key = await addresses.KeyOfAsync(email, cancellationToken);
        var account = key ?? EmailAddress.Fold(email);
        Credentials? credentials;
        PasswordMatch match;
        string? renewedHash = null;
        if (!(await hasher.TakeTurnAsync(cancellationToken)).TryGet(out var turn, out var busy)) return busy;
        using (turn)
        {
            // Asked within the turn: so no more guesses run at once than there are turns, however many are sent.
            if (await backoff.PauseAsync(account, address, cancellationToken) is { } pause) return new SignInPaused(pause);

            credentials = key is null ? null : await FindAsync(key, cancellationToken);
            match = await turn.VerifyAsync(password, credentials?.PasswordHash);
            if (!match.Matches || credentials is not { Disabled: false })
            {
                await FailAsync(credentials, account, address, cancellationToken);
                return new InvalidCredentials();
            }

            if (match.NeedsRehash) renewedHash = await turn.HashAsync(password);
        }

        await using var transaction = await database.BeginAsync(credentials.Organisation, cancellationToken);
        if (renewedHash is not null) await RenewHashAsync(transaction, credentials, renewedHash, cancellationToken);
        await backoff.SucceededAsync(transaction, account, address, cancellationToken);
        return await opening.OpenAsync(transaction, credentials.UserId, address, cancellationToken);
    }

    private Task<Credentials?> FindAsync(string key, CancellationToken cancellationToken) =>
        database.QueryOneAsync<Credentials>(
            "select organisation as Organisation, user_id as UserId, password_hash as PasswordHash, disabled as Disabled from find_account(@key)",
            new { key }, cancellationToken);

    private async Task FailAsync(Credentials? credentials, string account, string address, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(credentials?.Organisation ?? "", cancellationToken);
        await backoff.FailedAsync(transaction, account, address, cancellationToken);
        await transaction.WriteAsync(new AuditEntry("session.login_failed", null, credentials?.UserId) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Unless somebody changed the password meanwhile.</summary>
    private static async Task RenewHashAsync(AuthTransaction transaction, Credentials credentials, string renewedHash, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            update users set password_hash = @renewedHash
            where organisation = @Organisation and id = @UserId and password_hash = @PasswordHash
            """,
            new { transaction.Organisation, credentials.UserId, credentials.PasswordHash, renewedHash }, cancellationToken);

    private sealed record Credentials
    {
        public required string Organisation { get; init; }

        public required string UserId { get; init; }

        public required string PasswordHash { get; init; }

        public required bool Disabled { get; init; }
    }
}
