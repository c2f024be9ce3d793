using System.Diagnostics;
using System.Globalization;
using AiMesh.DataService.Audit;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Identity;
using Npgsql;

namespace AiMesh.DataService.Datasets;

/// <summary>One transaction of the database's owner on behalf of a caller; rolled back unless committed.</summary>
internal sealed class OwnerSession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private OwnerSession(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    public static async Task<OwnerSession> BeginAsync(NpgsqlDataSource owner, Principal principal, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        var session = new OwnerSession(connection, await connection.BeginTransactionAsync(cancellationToken));
        await using var batch = new NpgsqlBatch(connection, session._transaction)
        {
            BatchCommands = { RequestScope.Enter(principal), new NpgsqlBatchCommand("SET LOCAL lock_timeout = '5s'") },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return session;
    }

    /// <summary>Waits until nobody writes or reads items and keeps others from it; false where that takes too long.</summary>
    public async Task<bool> TryLockAsync(CompiledDataset dataset, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(
                string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({dataset.Id}); LOCK TABLE {dataset.Table} IN ACCESS EXCLUSIVE MODE"),
                cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }
    }

    /// <param name="sql">Refers to the values as $1, $2, …</param>
    /// <param name="values">Values, or parameters where the type does not follow from the value.</param>
    public NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, _connection, _transaction);
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        return command;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Chains the act within its transaction. Last before the commit: from here on nobody else writes into the chain.</summary>
    /// <param name="principal">Who did it.</param>
    /// <param name="action">What was done.</param>
    /// <param name="dataset">To what, as it is now.</param>
    /// <param name="cancellationToken">Gives up; the transaction is then of no use.</param>
    /// <param name="facts">Further details, in the place of what stands there otherwise.</param>
    public async Task ChainAsync(Principal principal, string action, CompiledDataset dataset, CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, string>> facts)
    {
        var aliases = await AuditPeople.AliasesAsync(_connection, principal.Organisation, [principal.Subject], cancellationToken);
        await using var command = Command("SELECT clock_timestamp()");
        var now = (DateTime)(await command.ExecuteScalarAsync(cancellationToken))!;
        var version = dataset.Version.ToString(CultureInfo.InvariantCulture);
        var entry = DatasetActs.Entry(aliases[principal.Subject], dataset.Definition.Id, dataset.Id, action, 0, version, principal.TokenId, now);
        var detail = entry.Detail.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in facts) detail[name] = value;
        entry = entry with { TraceId = Activity.Current?.TraceId.ToHexString(), Detail = detail };
        await AuditChain.AppendAsync(_connection, principal.Organisation, entry, cancellationToken);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
