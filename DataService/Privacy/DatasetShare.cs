using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// While this is held, a dataset is neither redefined nor moved: the lock that writes hold, shared. Others may write items; what an erasure read and they wrote since is
/// left alone by the condition of each of its writes.
/// </summary>
internal sealed class DatasetShare : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private DatasetShare(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <exception cref="MeshException">ABORTED: the definition is another one by now, or somebody holds the dataset alone for long.</exception>
    public static async Task<DatasetShare> TakeAsync(NpgsqlDataSource owner, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        var share = new DatasetShare(connection, await connection.BeginTransactionAsync(cancellationToken));
        try
        {
            await share.LockAsync(dataset, cancellationToken);
            return share;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await share.DisposeAsync();
            throw new MeshException(new ErasureBusy());
        }
        catch
        {
            await share.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task LockAsync(CompiledDataset dataset, CancellationToken cancellationToken)
    {
        await using (var take = new NpgsqlCommand(
            $"""
            SELECT set_config('{PolicySettings.Organisation}', $1, true), set_config('lock_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '0', true),
                pg_advisory_xact_lock_shared($2)
            """, _connection))
        {
            take.Parameters.Add(new NpgsqlParameter { Value = dataset.Organisation });
            take.Parameters.Add(new NpgsqlParameter { Value = dataset.Id });
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        // In a statement of its own, which sees what was committed while the first one waited. A move begins with a new version.
        await using var check = new NpgsqlCommand("SELECT EXISTS (SELECT FROM datasets WHERE id = $1 AND version = $2)", _connection);
        check.Parameters.Add(new NpgsqlParameter { Value = dataset.Id });
        check.Parameters.Add(new NpgsqlParameter { Value = dataset.Version });
        if (!(bool)(await check.ExecuteScalarAsync(cancellationToken))!) throw new MeshException(new ErasureBusy());
    }
}
