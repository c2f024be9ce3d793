using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>
/// Exports and erases by lists of <see cref="PersonalTable"/>. The counts of an erasure are kept in the table <c>erasures</c> of the service,
/// made by a migration of the service: what was erased before a process died is still in the receipt.
/// </summary>
/// <param name="owner">The data source that acts as the owner of the database.</param>
public sealed class PersonalTables(NpgsqlDataSource owner)
{
    private const string CountSql =
        """
        insert into erasures as known (request_id, store, erased, pseudonymised) values ($1, $2, $3, $4)
        on conflict (request_id, store) do update
            set erased = known.erased + excluded.erased, pseudonymised = known.pseudonymised + excluded.pseudonymised
        """;

    /// <summary>Writes one section a table, all as they were at one moment.</summary>
    public async Task ExportAsync(DataSubject subject, IEnumerable<PersonalTable> tables, SectionWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentNullException.ThrowIfNull(writer);
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await EnterAsync(connection, subject, cancellationToken);
        foreach (var table in tables)
        {
            if (table.Select is null) continue;
            await writer.BeginAsync(table.Store, cancellationToken);
            await using var command = Command(connection, table.Select, subject, "");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) await writer.WriteLineAsync(table.Read is { } read ? read(reader.GetString(0)) : reader.GetString(0), cancellationToken);
        }

        await writer.FlushAsync(cancellationToken);
    }

    /// <summary>Changes all tables and counts it, together or not at all. Then <see cref="ReportAsync"/> has the counts.</summary>
    /// <param name="order">Whom.</param>
    /// <param name="tables">Where, in this order.</param>
    /// <param name="prelude">A statement that runs first and locks what has to be locked; it waits at most ten seconds.</param>
    /// <param name="cancellationToken">Rolls back.</param>
    /// <returns>How many records were changed.</returns>
    /// <exception cref="MeshException">ABORTED: something was in use. Try again.</exception>
    public async Task<long> EraseAsync(ErasureOrder order, IEnumerable<PersonalTable> tables, string? prelude, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(tables);
        try
        {
            await using var connection = await owner.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await EnterAsync(connection, order.Subject, cancellationToken);
            if (prelude is not null)
            {
                await using var command = Command(connection, prelude, order.Subject, order.Pseudonym);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            var found = 0L;
            foreach (var table in tables) found += await EraseAsync(connection, order, table, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return found;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UndefinedTable)
        {
            throw new MeshException(new Aborted("ERASURE_BUSY", "Something that is to be erased is in use; try again."));
        }
    }

    /// <summary>The counts of all calls with the request id, in order of the stores' names.</summary>
    public async Task<IReadOnlyList<StoreCount>> ReportAsync(string requestId, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand("""select store, erased, pseudonymised from erasures where request_id = $1 order by store collate "C" """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = requestId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new List<StoreCount>();
        while (await reader.ReadAsync(cancellationToken)) counts.Add(new StoreCount(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        return counts;
    }

    /// <summary>Adds to the counts of an erasure, for what no <see cref="PersonalTable"/> can say.</summary>
    /// <param name="connection">Its transaction holds what makes the counts come true only once.</param>
    /// <param name="requestId">Of the erasure.</param>
    /// <param name="count">What was done just now.</param>
    /// <param name="cancellationToken">Gives up; the transaction is then of no use.</param>
    public static async Task CountAsync(NpgsqlConnection connection, string requestId, StoreCount count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(count);
        await using var command = new NpgsqlCommand(CountSql, connection)
        {
            Parameters = { new() { Value = requestId }, new() { Value = count.Store }, new() { Value = count.Erased }, new() { Value = count.Pseudonymised } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<long> EraseAsync(NpgsqlConnection connection, ErasureOrder order, PersonalTable table, CancellationToken cancellationToken)
    {
        var erased = await ChangeAsync(connection, order, table.Delete, cancellationToken);
        var pseudonymised = await ChangeAsync(connection, order, table.Pseudonymise, cancellationToken);
        if (erased + pseudonymised == 0) return 0;
        await ChangeAsync(connection, order, table.Afterwards, cancellationToken);
        await CountAsync(connection, order.RequestId, new StoreCount(table.Store, erased, pseudonymised), cancellationToken);
        return erased + pseudonymised;
    }

    private static async Task<long> ChangeAsync(NpgsqlConnection connection, ErasureOrder order, string? sql, CancellationToken cancellationToken)
    {
        if (sql is null) return 0;
        await using var command = Command(connection, sql, order.Subject, order.Pseudonym);
        return Math.Max(0, await command.ExecuteNonQueryAsync(cancellationToken));
    }

    private static async Task EnterAsync(NpgsqlConnection connection, DataSubject subject, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select set_config('{PolicySettings.Organisation}', $1, true), set_config('lock_timeout', '10s', true)", connection)
        {
            Parameters = { new() { Value = subject.Organisation } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, DataSubject subject, string pseudonym) => new(sql, connection)
    {
        CommandTimeout = 0,
        Parameters =
        {
            Text("organisation", subject.Organisation), Text("subject", subject.Id), Text("email", subject.Email),
            Text("pattern", subject.Pattern), Text("pseudonym", pseudonym),
        },
    };

    private static NpgsqlParameter<string> Text(string name, string value) => new(name, value);
}
