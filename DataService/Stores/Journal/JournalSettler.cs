using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using AiMesh.DataService.Stores.Migration;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Stores.Journal;

/// <summary>
/// Settles changes that somebody noted and left. What is not done yet may still be on its way to the store; so it is done here, under the condition that it was to be done under: then it
/// cannot happen later, when nobody would tell of it. What is found in the store after that is what the event says.
/// </summary>
internal sealed partial class JournalSettler(
    [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, StoreRegistry stores, EventHub events, ILogger<JournalSettler> logger)
{
    /// <summary>Operations with notes, whether or not somebody is still at them.</summary>
    public async Task<List<long>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand("SELECT DISTINCT operation FROM store_journal ORDER BY operation LIMIT 1000");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var operations = new List<long>();
        while (await reader.ReadAsync(cancellationToken)) operations.Add(reader.GetInt64(0));
        return operations;
    }

    /// <summary>Waits, but not for long, until nobody is at an operation any more, and settles what is left of it.</summary>
    public async Task WaitAsync(long operation, CancellationToken cancellationToken)
    {
        try
        {
            await using var batch = owner.CreateBatch();
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL lock_timeout = '5s'"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_advisory_xact_lock_shared({StoreJournal.LockOf("$1")})") { Parameters = { new() { Value = operation } } });
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return;
        }

        await SettleAsync(operation, cancellationToken);
    }

    /// <summary>Settles what is left of an operation; nothing where somebody is at it.</summary>
    /// <exception cref="MeshException">The store does not say what it has. The notes stay.</exception>
    public async Task SettleAsync(long operation, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand($"SELECT set_config('idle_in_transaction_session_timeout', '0', true), pg_try_advisory_xact_lock({StoreJournal.LockOf("$1")})", connection))
        {
            take.Parameters.Add(new NpgsqlParameter { Value = operation });
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken) || !reader.GetBoolean(1)) return;
        }

        var (id, organisation, left) = await StoreJournal.ReadAsync(connection, operation, cancellationToken);
        if (left.Count == 0) return;
        var dataset = await EnterAsync(connection, id, organisation, cancellationToken);
        foreach (var note in left.Select(note => note.For(dataset)))
        {
            var (isChanged, found) = await FinishAsync(dataset, note, cancellationToken);
            await StoreJournal.SettleAsync(connection, operation, note, isChanged, found, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        events.Written();
        Log.Settled(logger, left.Count, id);
    }

    // Redefinitions are refused while there are notes, so the definition is the one that the notes were made under.
    private static async Task<CompiledDataset> EnterAsync(NpgsqlConnection connection, long id, string organisation, CancellationToken cancellationToken)
    {
        await using (var enter = new NpgsqlCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)", connection) { Parameters = { new() { Value = organisation } } })
            await enter.ExecuteNonQueryAsync(cancellationToken);
        var select = new NpgsqlCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 AND id = $2", connection) { Parameters = { new() { Value = organisation }, new() { Value = id } } };
        return await MigrationDefinitions.FindAsync(select, cancellationToken) ?? throw new InvalidOperationException("There are notes of a dataset that does not exist.");
    }

    private async Task<(bool IsChanged, Document? Found)> FinishAsync(CompiledDataset dataset, JournalNote note, CancellationToken cancellationToken)
    {
        var (store, table) = (stores.Of(dataset), dataset.Documents);
        var found = await store.FindAsync(table, note.Id, cancellationToken);
        if (!note.IsUndone(found)) return (true, found);
        try
        {
            await store.WriteAsync(table, [note.Write], atomic: false, cancellationToken);
        }
        catch (Exception e) when (e is (InvalidOperationException and not ObjectDisposedException) or MeshException { Error: StoreLacks })
        {
            // It will never take this, and so has not taken it before. Kept, the note would keep the item from everybody.
            Log.Refused(logger, e, dataset.Id);
            found = await store.FindAsync(table, note.Id, cancellationToken);
            return (!note.IsUndone(found), found);
        }

        found = await store.FindAsync(table, note.Id, cancellationToken);
        return note.IsUndone(found) ? throw new MeshException(new Unavailable("the last state of an item in the store of the dataset")) : (true, found);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Settled {Count} changes of dataset {Dataset} that a process had left")]
        public static partial void Settled(ILogger logger, int count, long dataset);

        [LoggerMessage(2, LogLevel.Error, "The store refuses a change of dataset {Dataset} that a process had left; it is dropped")]
        public static partial void Refused(ILogger logger, Exception exception, long dataset);
    }
}
