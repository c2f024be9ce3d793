using AiMesh.AuthService.Audit;
using AiMesh.AuthService.Revocations;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.AuthService.Sessions;

/// <summary>
/// Exchanges refresh tokens (RFC 9700 section 4.14.2). Callers of one session queue at its row: the first spends the token, those
/// that come within the grace get the same successor, whoever comes later with it ends the session for thief and owner alike.
/// </summary>
internal sealed class SessionRefresh(
    AuthDatabase database, SessionStore sessions, AccessTokenIssuer issuer, RevocationStore revocations, RevocationFeed feed)
{
    public async Task<Result<TokenPair>> RefreshAsync(string text, string? address, CancellationToken cancellationToken)
    {
        if (text.Length == 0) return new InvalidField("refresh_token", "is required");
        if (RefreshToken.Parse(text) is not { } token) return new InvalidRefreshToken();
        if (await sessions.FindOwnerAsync(token, cancellationToken) is not { } owner) return new InvalidRefreshToken();

        await using var transaction = await database.BeginAsync(owner.Organisation, cancellationToken);

        // The user before the session, in the order in which whoever disables a user locks them.
        var subject = await TokenSubject.LockAsync(transaction, owner.UserId, cancellationToken);
        var found = await sessions.LockAsync(transaction, owner, token, cancellationToken);
        if (subject is not { Disabled: false } || found is not { IsSessionOpen: true }) return new InvalidRefreshToken();
        if (found.IsSpent && !found.IsInGrace) return await EndReusedAsync(transaction, owner, address, cancellationToken);
        if (!found.IsInForce) return new InvalidRefreshToken();
        if (!issuer.Issue(subject, owner.SessionId, new DateTimeOffset(found.AuthenticatedAt)).TryGet(out var accessToken, out var tooMuch)) return tooMuch;

        RefreshToken successor;
        if (found.IsSpent)
        {
            successor = token.Open(found.Successor!);
        }
        else
        {
            successor = RefreshToken.New();
            await sessions.SpendAsync(transaction, owner, token, successor, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new TokenPair(accessToken, successor, issuer.ExpiresIn);
    }

    private async Task<Result<TokenPair>> EndReusedAsync(
        AuthTransaction transaction, TokenOwner owner, string? address, CancellationToken cancellationToken)
    {
        await SessionStore.EndAsync(transaction, owner.SessionId, "reuse", cancellationToken);
        await revocations.RevokeSessionAsync(transaction, owner.SessionId, cancellationToken);
        await transaction.WriteAsync(
            new AuditEntry("session.refresh_reused", owner.UserId, owner.SessionId) { Address = address }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        AuthDiagnostics.CountReuse();
        await feed.AnnounceAsync(cancellationToken);
        return new InvalidRefreshToken();
    }
}
