using System.Globalization;
using AiMesh.DataService.Datasets;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Search.Index;

/// <summary>
/// One step of indexing a dataset: a transaction of the database's owner within one organisation, that holds the dataset's index alone. It takes the table of
/// items before the index, as redefinitions do, so that neither waits for the other in a circle.
/// </summary>
internal sealed class IndexStep : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly IndexWork _work;

    private IndexStep(NpgsqlConnection connection, NpgsqlTransaction transaction, IndexWork work) => (_connection, _transaction, _work) = (connection, transaction, work);

    /// <summary>Fields that are searched by definition.</summary>
    public string[] Fields { get; private set; } = [];

    /// <summary>Where a rebuild is; null: none is under way.</summary>
    public string? RebuiltTo { get; private set; }

    private string Table => CompiledDataset.TableName(_work.DatasetId);

    /// <summary>Null where the dataset is gone or not searched.</summary>
    public static async Task<IndexStep?> BeginAsync(NpgsqlDataSource owner, IndexWork work, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        var step = new IndexStep(connection, await connection.BeginTransactionAsync(cancellationToken), work);
        try
        {
            if (await step.EnterAsync(cancellationToken)) return step;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Deleted since it was found.
        }
        catch
        {
            await step.DisposeAsync();
            throw;
        }

        await step.DisposeAsync();
        return null;
    }

    /// <summary>Takes the next ids from the queue, up to a place in it.</summary>
    public async Task<string[]> TakeAsync(long last, int count, CancellationToken cancellationToken) => [.. (await IdsAsync(
        "DELETE FROM search_queue WHERE id IN (SELECT id FROM search_queue WHERE dataset_id = $1 AND organisation = $2 AND id <= $4 ORDER BY id LIMIT $3) RETURNING item_id",
        cancellationToken, _work.DatasetId, _work.Organisation, count, last)).Distinct()];

    /// <summary>The next ids of a rebuild, in order.</summary>
    public Task<string[]> NextToRebuildAsync(int count, CancellationToken cancellationToken) =>
        IdsAsync($"SELECT id FROM {Table} WHERE id > $1 ORDER BY id LIMIT $2", cancellationToken, RebuiltTo!, count);

    /// <summary>The items as they are now; those that are gone are missing.</summary>
    public async Task<List<(string Id, byte[] Fields)>> ReadAsync(string[] ids, CancellationToken cancellationToken)
    {
        await using var command = Command($"SELECT id, fields FROM {Table} WHERE id = ANY ($1)", (object)ids);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<(string, byte[])>(ids.Length);
        while (await reader.ReadAsync(cancellationToken)) items.Add((reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
        return items;
    }

    /// <summary>Stores the chunks of items in place of those that there were, under a new revision.</summary>
    public async Task ReplaceAsync(string[] ids, List<IndexedChunk> chunks, CancellationToken cancellationToken)
    {
        var dataset = _work.DatasetId;
        await using var batch = new NpgsqlBatch(_connection, _transaction);
        batch.BatchCommands.Add(Part("DELETE FROM search_chunks WHERE dataset_id = $1 AND organisation = $2 AND item_id = ANY ($3)", dataset, _work.Organisation, ids));
        batch.BatchCommands.Add(Part(
            """
            INSERT INTO search_chunks (dataset_id, organisation, item_id, field, ordinal, text, vector)
            SELECT $1, $2, c.* FROM unnest($3, $4, $5, $6, $7) AS c (item_id, field, ordinal, text, vector)
            """,
            dataset, _work.Organisation, Column(c => c.ItemId), Column(c => c.Field), Column(c => c.Ordinal), Column(c => c.Text), Column(c => c.Vector)));
        batch.BatchCommands.Add(Part("UPDATE search_indexes SET revision = revision + 1 WHERE dataset_id = $1 AND organisation = $2", dataset, _work.Organisation));
        batch.BatchCommands.Add(Part(
            $"""
            INSERT INTO search_entries AS known (dataset_id, organisation, item_id, revision, removed_at)
            SELECT $1, $2, item, (SELECT revision FROM search_indexes WHERE dataset_id = $1), CASE WHEN EXISTS (SELECT FROM {Table} i WHERE i.id = item) THEN NULL ELSE now() END
            FROM unnest($3) AS item
            ON CONFLICT (dataset_id, item_id) DO UPDATE SET revision = excluded.revision, removed_at = excluded.removed_at
            """,
            dataset, _work.Organisation, ids));
        await batch.ExecuteNonQueryAsync(cancellationToken);

        T[] Column<T>(Func<IndexedChunk, T> value) => [.. chunks.Select(value)];
    }

    /// <param name="last">The last item that was done; null: there are no more.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    public async Task RebuiltAsync(string? last, CancellationToken cancellationToken)
    {
        if (last is not null)
        {
            await using var move = Command("UPDATE search_indexes SET rebuilt_to = $3 WHERE dataset_id = $1 AND organisation = $2", _work.DatasetId, _work.Organisation, last);
            await move.ExecuteNonQueryAsync(cancellationToken);
            return;
        }

        await using var batch = new NpgsqlBatch(_connection, _transaction);
        batch.BatchCommands.Add(Part("UPDATE search_indexes SET rebuilt_to = NULL, ready = fields WHERE dataset_id = $1 AND organisation = $2", _work.DatasetId, _work.Organisation));
        batch.BatchCommands.Add(Part("DELETE FROM search_chunks WHERE dataset_id = $1 AND organisation = $2 AND field <> ALL ($3)", _work.DatasetId, _work.Organisation, Fields));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets which items were removed long ago, unless a store is still to be told.</summary>
    public async Task TrimAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            WITH gone AS (
                DELETE FROM search_entries WHERE dataset_id = $1 AND organisation = $2 AND removed_at < now() - $3
                AND revision <= ALL (SELECT c.revision FROM search_copies c JOIN search_indexes i ON i.copy = c.id WHERE i.dataset_id = $1) RETURNING revision)
            UPDATE search_indexes SET trimmed = greatest(trimmed, (SELECT max(revision) FROM gone)) WHERE dataset_id = $1 AND EXISTS (SELECT FROM gone)
            """,
            _work.DatasetId, _work.Organisation, new NpgsqlParameter { Value = retention, NpgsqlDbType = NpgsqlDbType.Interval });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<bool> EnterAsync(CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(_connection, _transaction);
        batch.BatchCommands.Add(Part("SELECT set_config('aimesh.organisation', $1, true)", _work.Organisation));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(string.Create(CultureInfo.InvariantCulture, $"LOCK TABLE {Table} IN ACCESS SHARE MODE")));
        batch.BatchCommands.Add(Part("SELECT fields, rebuilt_to FROM search_indexes WHERE dataset_id = $1 AND organisation = $2 FOR UPDATE", _work.DatasetId, _work.Organisation));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return false;
        Fields = reader.GetFieldValue<string[]>(0);
        RebuiltTo = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1);
        return true;
    }

    private async Task<string[]> IdsAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetString(0));
        return [.. ids];
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, _connection, _transaction);
        foreach (var value in values) command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        return command;
    }

    private static NpgsqlBatchCommand Part(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
