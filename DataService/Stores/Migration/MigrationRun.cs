using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Microsoft.Extensions.Hosting;
using Npgsql;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>
/// Does a move, state by state. Each state can be begun anew at any point: what is done stands in <see cref="MigrationStore"/>, and what is done twice comes to the same. While
/// items are copied nobody writes them, in neither store.
/// </summary>
internal sealed class MigrationRun(
    [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, MigrationStore migrations, StorePlaces places, MigrationDefinitions definitions, TimeProvider clock)
{
    private const int PageSize = 1000;
    private const int ChunkItems = 500;
    private const int ChunkBytes = 4 * 1024 * 1024;
    private const int Comparisons = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Goes on with a move until it ends, unless another replica is at it.</summary>
    public async Task RunAsync(MigrationRow row, CancellationToken cancellationToken)
    {
        // Held by a transaction of its own: it ends with the process. Two that are at it all the same, because one lost this lock, do no harm.
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT set_config('idle_in_transaction_session_timeout', '0', true), pg_try_advisory_xact_lock(hashtextextended('aimesh migration', $1))", connection))
        {
            take.Parameters.Add(new NpgsqlParameter { Value = row.DatasetId });
            await using var reader = await take.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken) || !reader.GetBoolean(1)) return;
        }

        while (await migrations.FindAsync(row.Organisation, row.DatasetId, cancellationToken) is { EndTime: null } now) await StepAsync(now, cancellationToken);
    }

    private async Task StepAsync(MigrationRow row, CancellationToken cancellationToken)
    {
        if (await FindAsync(row, cancellationToken) is not { } dataset) return;
        switch (row.State)
        {
            case State.Measuring:
                await MeasureAsync(row, dataset, cancellationToken);
                break;
            case State.Copying:
                await CopyAsync(row, dataset, cancellationToken);
                break;
            case State.Verifying:
                await VerifyAsync(row, dataset, cancellationToken);
                break;
            case State.Cleaning:
                await EndAsync(row, dataset, row.Source, State.Done, cancellationToken);
                break;
            default:
                await UndoAsync(row, dataset, cancellationToken);
                break;
        }
    }

    private async Task MeasureAsync(MigrationRow row, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        var (source, target) = (places.Of(row.Source), places.Of(row.Target));
        var digest = await StoreDigest.OfAsync(source, dataset.Documents, cancellationToken);
        if (MigrationPlanner.TooLarge(target, digest) is { } tooLarge)
        {
            await migrations.UndoAsync(row, tooLarge, cancellationToken);
            return;
        }

        if (row.Target.Length > 0) await target.CreateTableAsync(dataset.Documents, cancellationToken);
        await migrations.MeasuredAsync(row, digest, cancellationToken);
    }

    private async Task CopyAsync(MigrationRow row, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        var (chunk, bytes) = (new List<Document>(ChunkItems), 0);
        var all = DocumentQuery.Everything with { After = row.CopiedTo, Expected = PageSize };
        await foreach (var document in places.Of(row.Source).QueryAsync(dataset.Documents, all, cancellationToken))
        {
            chunk.Add(document);
            bytes += ItemValues.Write(document.Fields).Length;
            if (chunk.Count < ChunkItems && bytes < ChunkBytes) continue;
            if (!await WriteAsync(row, dataset, chunk, cancellationToken)) return;
            chunk.Clear();
            bytes = 0;
        }

        if (chunk.Count == 0 || await WriteAsync(row, dataset, chunk, cancellationToken)) await migrations.CopiedAllAsync(row, cancellationToken);
    }

    // Under the lock that the switch, the undoing and redefinitions hold alone: whoever copies on without knowing that the move has ended is stopped here.
    private async Task<bool> WriteAsync(MigrationRow row, CompiledDataset dataset, List<Document> chunk, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var share = new NpgsqlCommand("SELECT set_config('idle_in_transaction_session_timeout', '0', true), pg_advisory_xact_lock_shared($1)", connection))
        {
            share.Parameters.Add(new NpgsqlParameter { Value = row.DatasetId });
            await share.ExecuteNonQueryAsync(cancellationToken);
        }

        if (await migrations.FindAsync(row.Organisation, row.DatasetId, cancellationToken) is not { State: State.Copying }) return false;
        await places.Of(row.Target).WriteAsync(dataset.Documents, [.. chunk.Select(DocumentWrite.Put)], atomic: false, cancellationToken);
        await using var note = new NpgsqlCommand(
            "UPDATE dataset_migrations SET copied = copied + $3, copied_to = $4, trouble = '', update_time = clock_timestamp() WHERE dataset_id = $1 AND state = $2", connection)
        {
            Parameters =
            {
                new() { Value = row.DatasetId }, new() { Value = MigrationStore.Text(State.Copying) }, new() { Value = (long)chunk.Count }, new() { Value = chunk[^1].Id },
            },
        };
        if (await note.ExecuteNonQueryAsync(cancellationToken) == 0) return false;
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private async Task VerifyAsync(MigrationRow row, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        for (var i = 1; ; i++)
        {
            // The source as well: what got past the mesh, or was still on its way to it, is noticed.
            var source = await StoreDigest.OfAsync(places.Of(row.Source), dataset.Documents, cancellationToken);
            var target = await StoreDigest.OfAsync(places.Of(row.Target), dataset.Documents, cancellationToken);
            if ((source.Count, source.Checksum) == (row.Total, row.Checksum) && (target.Count, target.Checksum) == (row.Total, row.Checksum)) break;
            if (i < Comparisons)
            {
                // A store that is not strongly consistent may need a moment.
                await Task.Delay(Pause, clock, cancellationToken);
                continue;
            }

            await migrations.UndoAsync(row, string.Create(CultureInfo.InvariantCulture,
                $"the stores differ: {row.Total} items were to be moved (SHA-256 {Short(row.Checksum)}), now the source has {source.Count} ({Short(source.Checksum)}) and the target {target.Count} ({Short(target.Checksum)})"), cancellationToken);
            return;
        }

        await RedefineAsync(row, "migrated", static (row, definition) => (definition.Migrating, definition.Store) = (false, row.Target), State.Cleaning, cancellationToken);
    }

    private async Task UndoAsync(MigrationRow row, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        // Writes first: they need not wait for the other store to be there.
        if (dataset.Definition.Migrating) await RedefineAsync(row, "migrate_undone", static (_, definition) => definition.Migrating = false, State.Undoing, cancellationToken);
        else await EndAsync(row, dataset, row.Target, row.Failure.Length > 0 ? State.Failed : State.Cancelled, cancellationToken);
    }

    private async Task RedefineAsync(MigrationRow row, string action, Action<MigrationRow, Data.V1.Dataset> change, State next, CancellationToken cancellationToken)
    {
        var mover = MigrationDefinitions.Mover(row.Organisation);
        await using var session = await OwnerSession.BeginAsync(owner, mover, cancellationToken);
        if (!(await MigrationDefinitions.LockAsync(session, mover, row.DatasetId, cancellationToken)).TryGet(out var current, out var error)) throw new MeshException(error);
        if (!await MigrationStore.AdvanceAsync(session, row.DatasetId, row.State, next, cancellationToken)) return;
        var changed = await definitions.ChangeAsync(session, current, definition => change(row, definition), cancellationToken);
        await session.ChainAsync(mover, action, changed, cancellationToken, MigrationDefinitions.Facts(row.Source, row.Target));
        await session.CommitAsync(cancellationToken);
        definitions.Changed();
    }

    // Under the lock of the row, so that nobody begins the next move meanwhile, which may fill what is emptied here.
    private async Task EndAsync(MigrationRow row, CompiledDataset dataset, string emptied, State end, CancellationToken cancellationToken)
    {
        await using var session = await OwnerSession.BeginAsync(owner, MigrationDefinitions.Mover(row.Organisation), cancellationToken);
        await session.ExecuteAsync("SET LOCAL idle_in_transaction_session_timeout = 0", cancellationToken);
        if (!await MigrationStore.AdvanceAsync(session, row.DatasetId, row.State, end, cancellationToken)) return;
        await places.RemoveAsync(emptied, dataset, cancellationToken);
        await session.CommitAsync(cancellationToken);
        definitions.Changed();
    }

    private async Task<CompiledDataset?> FindAsync(MigrationRow row, CancellationToken cancellationToken)
    {
        await using var session = await OwnerSession.BeginAsync(owner, MigrationDefinitions.Mover(row.Organisation), cancellationToken);
        return await MigrationDefinitions.FindAsync(session.Command($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 AND id = $2", row.Organisation, row.DatasetId), cancellationToken);
    }

    private static string Short(string checksum) => checksum[..12];
}
