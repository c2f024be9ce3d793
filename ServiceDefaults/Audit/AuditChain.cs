using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>
/// Writes audit records into the table <c>audit_events</c> of a service's database, each chained to the one before it of the same
/// organisation. The table is made by a migration of the service (see AuthService's 0011_audit_chain.sql, to be used as it stands): requests may
/// insert and select, and see the organisation of their transaction only.
/// </summary>
public static class AuditChain
{
    private const string HeadSql = "select sequence, hash from audit_events where organisation = $1 order by sequence desc limit 1";

    private const string InsertSql =
        """
        insert into audit_events (organisation, sequence, at, actor, action, target, address, trace_id, detail, previous_hash, hash)
        select $1, r.sequence, $3, r.actor, r.action, r.target, r.address, r.trace_id, r.detail::jsonb, r.previous_hash, r.hash
        from unnest($2, $4, $5, $6, $7, $8, $9, $10, $11) as r (sequence, actor, action, target, address, trace_id, detail, previous_hash, hash)
        """;

    /// <summary>
    /// Appends a record in the transaction of the act: both are kept or neither. Write it last, because from here to the commit nobody else
    /// writes into this chain.
    /// </summary>
    /// <param name="connection">With a transaction under way at the level READ COMMITTED.</param>
    /// <param name="organisation">Whose chain; empty for acts of nobody known.</param>
    /// <param name="entry">What was done.</param>
    /// <param name="cancellationToken">Gives up; the transaction is then of no use.</param>
    public static async Task<AuditRecord> AppendAsync(NpgsqlConnection connection, string organisation, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return (await AppendAsync(connection, organisation, [entry], cancellationToken))[0];
    }

    /// <summary>Appends many records at once, in their order; otherwise as for a single one.</summary>
    /// <param name="connection">With a transaction under way at the level READ COMMITTED.</param>
    /// <param name="organisation">Whose chain; empty for acts of nobody known.</param>
    /// <param name="entries">What was done.</param>
    /// <param name="cancellationToken">Gives up; the transaction is then of no use.</param>
    public static async Task<IReadOnlyList<AuditRecord>> AppendAsync(
        NpgsqlConnection connection, string organisation, IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(organisation);
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0) return [];
        var (sequence, previousHash, now) = await LockHeadAsync(connection, organisation, cancellationToken);
        var records = new AuditRecord[entries.Count];
        var hashes = new byte[entries.Count][];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = new AuditRecord(organisation, sequence + 1 + i, now, Storable(entries[i]), i == 0 ? previousHash : hashes[i - 1]);
            hashes[i] = records[i].ComputeHash();
        }

        await using var command = new NpgsqlCommand(InsertSql, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = organisation });
        command.Parameters.Add(new NpgsqlParameter { Value = Column(static record => record.Sequence) });
        command.Parameters.Add(new NpgsqlParameter { Value = now });
        foreach (var texts in (string?[][])
            [
                Column(static record => record.Entry.Actor), Column(static record => record.Entry.Action), Column(static record => record.Entry.Target),
                Column(static record => record.Entry.Address), Column(static record => record.Entry.TraceId), Column(static record => JsonSerializer.Serialize(record.Entry.Detail)),
            ])
        {
            command.Parameters.Add(new NpgsqlParameter { Value = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        }

        command.Parameters.Add(new NpgsqlParameter { Value = Column(static record => record.PreviousHash.ToArray()) });
        command.Parameters.Add(new NpgsqlParameter { Value = hashes });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return records;

        T[] Column<T>(Func<AuditRecord, T> of) => Array.ConvertAll(records, record => of(record));
    }

    /// <summary>Statements of their own in one round trip: the second must see what was committed while the first one waited.</summary>
    private static async Task<(long Sequence, byte[] Hash, DateTimeOffset Now)> LockHeadAsync(
        NpgsqlConnection connection, string organisation, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select pg_advisory_xact_lock(hashtextextended('audit ' || $1, 0))") { Parameters = { new() { Value = organisation } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select clock_timestamp()"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(HeadSql) { Parameters = { new() { Value = organisation } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var now = new DateTimeOffset(reader.GetDateTime(0), TimeSpan.Zero);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), now)
            : (0, AuditRecord.Origin.ToArray(), now);
    }

    /// <summary>What callers sent may hold what PostgreSQL can't store; it is hashed as it is stored.</summary>
    private static AuditEntry Storable(AuditEntry entry) => new(Storable(entry.Action)!, Storable(entry.Actor), Storable(entry.Target))
    {
        Address = Storable(entry.Address),
        TraceId = Storable(entry.TraceId),
        Detail = entry.Detail.ToDictionary(static detail => Storable(detail.Key)!, static detail => Storable(detail.Value)!, StringComparer.Ordinal),
    };

    private static string? Storable(string? text) =>
        text is null ? null : System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));
}
