using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores.Migration;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Privacy;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// How far one erasure has come in one dataset of another store, kept in the database. Held by one process at a time: the lock is that of a transaction, which ends
/// with the process.
/// </summary>
internal sealed class ErasureScan : IAsyncDisposable
{
    private readonly NpgsqlDataSource _owner;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly CompiledDataset _dataset;
    private readonly string _requestId;

    private ErasureScan(NpgsqlDataSource owner, NpgsqlConnection connection, NpgsqlTransaction transaction, CompiledDataset dataset, string requestId) =>
        (_owner, _connection, _transaction, _dataset, _requestId) = (owner, connection, transaction, dataset, requestId);

    /// <summary>Everything up to this id was looked at.</summary>
    public string LookedTo { get; private set; } = "";

    /// <summary>What a process was about to change when it died, or when the store did not answer.</summary>
    public IReadOnlyList<string> Pending { get; private set; } = [];

    /// <summary>Begins a scan, or goes on with it.</summary>
    /// <exception cref="MeshException">ABORTED: another process is at it.</exception>
    public static async Task<ErasureScan> BeginAsync(NpgsqlDataSource owner, CompiledDataset dataset, string requestId, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        var scan = new ErasureScan(owner, connection, await connection.BeginTransactionAsync(cancellationToken), dataset, requestId);
        try
        {
            await scan.BeginAsync(cancellationToken);
            return scan;
        }
        catch
        {
            await scan.DisposeAsync();
            throw;
        }
    }

    /// <summary>Before the store is told: from here on these are counted.</summary>
    public Task PlanAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        InTransactionAsync(connection => ExecuteAsync(connection, "UPDATE document_erasures SET pending = $3 WHERE request_id = $1 AND dataset_id = $2", cancellationToken, (object)ids.ToArray()), cancellationToken);

    /// <summary>What became of what was planned, and how far everything was looked at; in the receipt from here on.</summary>
    public async Task NoteAsync(string lookedTo, long erased, long pseudonymised, long missed, CancellationToken cancellationToken)
    {
        await InTransactionAsync(async connection =>
        {
            await ExecuteAsync(
                connection,
                "UPDATE document_erasures SET looked_to = $3, pending = '{}', erased = erased + $4, pseudonymised = pseudonymised + $5, missed = missed + $6 WHERE request_id = $1 AND dataset_id = $2",
                cancellationToken, lookedTo, erased, pseudonymised, missed);
            if (erased + pseudonymised > 0) await PersonalTables.CountAsync(connection, _requestId, new StoreCount(PersonalRows.Section(_dataset), erased, pseudonymised), cancellationToken);
        }, cancellationToken);
        (LookedTo, Pending) = (lookedTo, []);
    }

    /// <summary>All was looked at. Where something was changed, the audit says so.</summary>
    /// <returns>How much was found, by all processes that took part.</returns>
    public async Task<long> EndAsync(CancellationToken cancellationToken)
    {
        var eraser = MigrationDefinitions.Mover(_dataset.Organisation) with { Subject = "mesh:erasure" };
        await using var session = await OwnerSession.BeginAsync(_owner, eraser, cancellationToken);
        await using var delete = session.Command("DELETE FROM document_erasures WHERE request_id = $1 AND dataset_id = $2 RETURNING erased, pseudonymised, missed", _requestId, _dataset.Id);
        var (erased, pseudonymised, missed) = (0L, 0L, 0L);
        await using (var reader = await delete.ExecuteReaderAsync(cancellationToken))
        {
            if (await reader.ReadAsync(cancellationToken)) (erased, pseudonymised, missed) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        }

        if (erased + pseudonymised > 0)
        {
            await session.ChainAsync(
                eraser, "erase", _dataset, cancellationToken,
                KeyValuePair.Create("store", _dataset.Definition.Store),
                KeyValuePair.Create("erased", erased.ToString(CultureInfo.InvariantCulture)),
                KeyValuePair.Create("pseudonymised", pseudonymised.ToString(CultureInfo.InvariantCulture)));
        }

        await session.CommitAsync(cancellationToken);
        return erased + pseudonymised + missed;
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await using (var take = new NpgsqlCommand(
            "SELECT set_config('idle_in_transaction_session_timeout', '0', true), pg_try_advisory_xact_lock(hashtextextended('aimesh erasure ' || $1, $2))", _connection))
        {
            take.Parameters.Add(new NpgsqlParameter { Value = _requestId });
            take.Parameters.Add(new NpgsqlParameter { Value = _dataset.Id });
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken) || !reader.GetBoolean(1)) throw new MeshException(new ErasureBusy());
        }

        // Under another definition other items may be the person's, and elsewhere: it is all looked at again.
        await InTransactionAsync(async connection =>
        {
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO document_erasures AS known (request_id, dataset_id, version, organisation) VALUES ($1, $2, $3, $4)
                ON CONFLICT (request_id, dataset_id) DO UPDATE SET looked_to = CASE WHEN known.version = $3 THEN known.looked_to ELSE '' END, version = $3
                RETURNING looked_to, pending
                """, connection)
            {
                Parameters = { new() { Value = _requestId }, new() { Value = _dataset.Id }, new() { Value = _dataset.Version }, new() { Value = _dataset.Organisation } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            (LookedTo, Pending) = (reader.GetString(0), reader.GetFieldValue<string[]>(1));
        }, cancellationToken);
    }

    private async Task InTransactionAsync(Func<NpgsqlConnection, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = await _owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var enter = new NpgsqlCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)", connection))
        {
            enter.Parameters.Add(new NpgsqlParameter { Value = _dataset.Organisation });
            await enter.ExecuteNonQueryAsync(cancellationToken);
        }

        await work(connection);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in (object[])[_requestId, _dataset.Id, .. values]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
