using AiMesh.AuthService.Storage;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Sessions;

/// <summary>Sessions and their refresh tokens as rows. All times are the database's.</summary>
internal sealed class SessionStore(AuthDatabase database, IOptions<SessionTokenOptions> options)
{
    private readonly SessionTokenOptions _options = options.Value;

    /// <summary>Where a refresh token belongs; null for one that does not exist.</summary>
    public Task<TokenOwner?> FindOwnerAsync(RefreshToken token, CancellationToken cancellationToken) =>
        database.QueryOneAsync<TokenOwner>(
            "select organisation as Organisation, session_id as SessionId, user_id as UserId from find_refresh_token(@Hash)",
            new { token.Hash }, cancellationToken);

    /// <summary>Begins a session with its first refresh token.</summary>
    public Task InsertAsync(AuthTransaction transaction, string sessionId, string userId, RefreshToken token, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            insert into sessions (organisation, id, user_id, created_at, last_issued_at, expires_at)
            values (@Organisation, @sessionId, @userId, clock_timestamp(), clock_timestamp(), clock_timestamp() + @SessionLifetime);
            insert into refresh_tokens (hash, organisation, session_id, expires_at)
            values (@Hash, @Organisation, @sessionId, clock_timestamp() + @RefreshTokenLifetime)
            """,
            new { transaction.Organisation, sessionId, userId, token.Hash, _options.SessionLifetime, _options.RefreshTokenLifetime },
            cancellationToken);

    /// <summary>
    /// Locks the session, then reads the token. Two statements, because the second must see what the one before it in the queue did.
    /// </summary>
    public async Task<FoundToken?> LockAsync(AuthTransaction transaction, TokenOwner owner, RefreshToken token, CancellationToken cancellationToken)
    {
        var parameters = new { transaction.Organisation, owner.SessionId, token.Hash, Grace = _options.RefreshGrace };
        await transaction.ExecuteAsync(
            "select 1 from sessions where organisation = @Organisation and id = @SessionId for no key update", parameters, cancellationToken);
        return await transaction.QueryOneAsync<FoundToken>(
            """
            select s.ended_at is null and s.expires_at > clock_timestamp() as IsSessionOpen,
                t.expires_at > clock_timestamp() as IsInForce,
                t.spent_at is not null as IsSpent,
                coalesce(t.spent_at + @Grace > clock_timestamp(), false) as IsInGrace,
                s.created_at as AuthenticatedAt,
                t.successor as Successor
            from refresh_tokens t join sessions s on s.organisation = t.organisation and s.id = t.session_id
            where t.hash = @Hash and t.organisation = @Organisation and t.session_id = @SessionId
            """,
            parameters, cancellationToken);
    }

    /// <summary>Spends a token in favour of its successor.</summary>
    public Task SpendAsync(AuthTransaction transaction, TokenOwner owner, RefreshToken token, RefreshToken successor, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update refresh_tokens set spent_at = clock_timestamp(), successor = @Sealed where organisation = @Organisation and hash = @Spent;
            insert into refresh_tokens (hash, organisation, session_id, expires_at)
            values (@Next, @Organisation, @SessionId, clock_timestamp() + @RefreshTokenLifetime);
            update sessions set last_issued_at = clock_timestamp() where organisation = @Organisation and id = @SessionId
            """,
            new
            {
                transaction.Organisation,
                owner.SessionId,
                Spent = token.Hash,
                Next = successor.Hash,
                Sealed = token.Seal(successor),
                _options.RefreshTokenLifetime,
            },
            cancellationToken);

    /// <summary>Ends a session.</summary>
    /// <returns>False when it has ended before or never was.</returns>
    public static async Task<bool> EndAsync(AuthTransaction transaction, string sessionId, string reason, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            update sessions set ended_at = clock_timestamp(), end_reason = @reason
            where organisation = @Organisation and id = @sessionId and ended_at is null
            """,
            new { transaction.Organisation, sessionId, reason }, cancellationToken) > 0;
}
