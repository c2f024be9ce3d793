using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Events.Broker;

/// <summary>
/// The sink's connection to the event log, as the owner of the database: the log speaks of all organisations, and requests cannot read it so. One session at a time has the right to
/// publish: a lock that goes with the connection. All that moves the position goes through that connection too; so whoever has lost the lock without knowing can send some
/// events once more, which consumers know by their ids, and cannot move the position.
/// </summary>
internal sealed class SinkSession : IAsyncDisposable
{
    private const string Name = "rabbitmq";

    private const string State =
        $"""
        SELECT k.position, k.missed, s.position, (SELECT l.at FROM event_log l WHERE l.position > k.position ORDER BY l.position LIMIT 1)
        FROM event_sinks k, event_state s WHERE k.name = '{Name}'
        """;

    /// <summary>A process that is frozen, or that no line leads to any more, would keep the lock: the server ends its session after half a minute.</summary>
    private const string NoticeSilence =
        """
        SELECT set_config('idle_session_timeout', '30s', false), set_config('tcp_keepalives_idle', '10', false),
            set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)
        """;

    private readonly NpgsqlConnection _connection;

    private SinkSession(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Whether no other session publishes for as long as this one lasts.</summary>
    public bool IsPublisher { get; private set; }

    public static async Task<SinkSession> OpenAsync(NpgsqlDataSource owner, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var settings = new NpgsqlCommand(NoticeSilence, connection);
            await settings.ExecuteNonQueryAsync(cancellationToken);
            return new SinkSession(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the sink is; the first to ask puts it at the end of the log. Asking says that the sink is served, and takes the right to publish where nobody has it.</summary>
    public async Task<SinkState> ServeAsync(CancellationToken cancellationToken)
    {
        if (!IsPublisher)
        {
            await using var take = new NpgsqlCommand($"SELECT pg_try_advisory_lock(hashtextextended('aimesh event sink {Name}', 0))", _connection);
            IsPublisher = await take.ExecuteScalarAsync(cancellationToken) is true;
        }

        return await AskAsync(
            [
                new NpgsqlBatchCommand($"INSERT INTO event_sinks (name, position, served_at) SELECT '{Name}', position, clock_timestamp() FROM event_state ON CONFLICT DO NOTHING"),
                new NpgsqlBatchCommand($"UPDATE event_sinks SET served_at = clock_timestamp() WHERE name = '{Name}' AND served_at < clock_timestamp() - interval '10 s'"),
            ],
            cancellationToken);
    }

    /// <summary>The next events behind a position.</summary>
    public async Task<List<BrokerEvent>> ReadAsync(long after, int count, CancellationToken cancellationToken)
    {
        // Names and kinds only: images of rows do not even leave the database.
        await using var command = new NpgsqlCommand(
            """
            SELECT l.position, e.id, e.organisation, e.dataset, e.item_id, CASE WHEN e.item_id IS NULL THEN 0 WHEN e.before IS NULL THEN 1 WHEN e.after IS NULL THEN 3 ELSE 2 END, l.at
            FROM event_log l JOIN events e ON e.id = l.event_id WHERE l.position > $1 ORDER BY l.position LIMIT $2
            """,
            _connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = after }, new NpgsqlParameter<int> { TypedValue = count } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var events = new List<BrokerEvent>();
        while (await reader.ReadAsync(cancellationToken))
        {
            events.Add(new BrokerEvent(
                reader.GetInt64(1), reader.GetInt64(0), reader.GetString(2), reader.GetString(3), await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4),
                (BrokerChange)reader.GetInt32(5), reader.GetDateTime(6)));
        }

        return events;
    }

    /// <summary>All up to a position has arrived.</summary>
    public Task<SinkState> AdvanceAsync(long position, CancellationToken cancellationToken) =>

        // Trimming may have gone further in the meantime.
        AskAsync([Update("position = greatest(position, $1)", position)], cancellationToken);

    /// <summary>Consumers were told that so many are missing.</summary>
    public Task<SinkState> ToldMissedAsync(long count, CancellationToken cancellationToken) => AskAsync([Update("missed = missed - $1", count)], cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static NpgsqlBatchCommand Update(string change, long value) => new($"UPDATE event_sinks SET {change}, served_at = clock_timestamp() WHERE name = '{Name}'")
    {
        Parameters = { new() { Value = value, NpgsqlDbType = NpgsqlDbType.Bigint } },
    };

    private async Task<SinkState> AskAsync(NpgsqlBatchCommand[] first, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(_connection);
        foreach (var command in first.Append(new NpgsqlBatchCommand(State))) batch.BatchCommands.Add(command);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new SinkState(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetDateTime(3));
    }
}

/// <param name="Position">All up to it has arrived.</param>
/// <param name="Missed">Removed before they could be sent, and not said yet.</param>
/// <param name="Last">Of the last event.</param>
/// <param name="OldestWaiting">When the first event behind the position got its own; null where there is none.</param>
internal sealed record SinkState(long Position, long Missed, long Last, DateTime? OldestWaiting);
