using System.Collections.Immutable;
using AiMesh.AuthService.Sessions;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace AiMesh.AuthService.Revocations;

/// <summary>Revocations of access tokens as rows.</summary>
internal sealed class RevocationStore(AuthDatabase database, IOptions<SessionTokenOptions> sessions)
{
    /// <summary>Revokes all access tokens of a session that has ended.</summary>
    public Task RevokeSessionAsync(AuthTransaction transaction, string sessionId, CancellationToken cancellationToken) =>
        AddAsync(transaction, [RevocationIds.OfSession(sessionId)], [null], cancellationToken);

    /// <summary>Revokes the access tokens that users were issued before a moment.</summary>
    public Task RevokeUsersAsync(AuthTransaction transaction, IReadOnlyList<UserCutoff> users, CancellationToken cancellationToken) =>
        AddAsync(
            transaction,
            [.. users.Select(user => RevocationIds.OfSubject(transaction.Organisation, user.UserId))],
            [.. users.Select(static user => (DateTime?)user.IssuedBefore)],
            cancellationToken);

    /// <summary>
    /// What was revoked after a number, oldest first. A sequence below that number tells the reader that the database was restored,
    /// and to ask from the beginning.
    /// </summary>
    public async Task<RevocationDocument> ListAfterAsync(long after, CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync<RevocationRow>(
            """
            select h.sequence as Head, r.sequence as Sequence, r.id as Id, r.issued_before as IssuedBefore, r.expires_at as ExpiresAt
            from revocation_head h left join (
                select * from revocations where sequence > @after order by sequence limit @limit) r on true
            order by r.sequence
            """,
            new { after, limit = RevocationDocument.MaxEntries },
            cancellationToken);

        var entries = rows.Where(static row => row.Id is not null).Select(static row => new RevocationEntry(
            row.Id!, row.IssuedBefore is { } moment ? ToUnixTime(moment) : null, ToUnixTime(row.ExpiresAt))).ToImmutableArray();
        var isCut = entries.Length == RevocationDocument.MaxEntries;
        return new RevocationDocument(isCut ? rows[^1].Sequence : rows[0].Head, entries);
    }

    // The database's clock says when an entry may be forgotten: the last token that it concerns has then expired everywhere.
    private async Task AddAsync(AuthTransaction transaction, string[] ids, DateTime?[] issuedBefore, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            select revoke(id, before, clock_timestamp() + @lifetime)
            from unnest(@ids::text[], @issuedBefore::timestamptz[]) as entry (id, before)
            """,
            new { ids, issuedBefore, lifetime = sessions.Value.AccessTokenLifetime + SessionTokenOptions.ClockAllowance },
            cancellationToken);

    private static long ToUnixTime(DateTime moment) => new DateTimeOffset(moment, TimeSpan.Zero).ToUnixTimeSeconds();

    private sealed record RevocationRow
    {
        public long Head { get; init; }

        public long Sequence { get; init; }

        public string? Id { get; init; }

        public DateTime? IssuedBefore { get; init; }

        public DateTime ExpiresAt { get; init; }
    }
}
