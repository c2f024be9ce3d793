using AiMesh.DataService.Search.Index;
using Npgsql;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>One step of copying an index to a store: a transaction of the database's owner that has the copy for itself, so that nothing older comes after something newer.</summary>
internal sealed class CopyStep : IAsyncDisposable
{
    private const int Portion = 500;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly IndexCopy _copy;
    private long _revision;
    private long _indexed;

    private CopyStep(NpgsqlConnection connection, NpgsqlTransaction transaction, IndexCopy copy) => (_connection, _transaction, _copy) = (connection, transaction, copy);

    /// <summary>Of which the store may hold something.</summary>
    public string[] Held { get; private set; } = [];

    /// <summary>Of which it should; null: of nothing, nobody searches it any more.</summary>
    public string[]? Wanted { get; private set; }

    /// <param name="owner">The database.</param>
    /// <param name="copy">Which.</param>
    /// <param name="waits">For another step to end; otherwise null is answered while there is one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<CopyStep?> BeginAsync(NpgsqlDataSource owner, IndexCopy copy, bool waits, CancellationToken cancellationToken)
    {
        var connection = await owner.OpenConnectionAsync(cancellationToken);
        var step = new CopyStep(connection, await connection.BeginTransactionAsync(cancellationToken), copy);
        try
        {
            if (await step.EnterAsync(waits, cancellationToken)) return step;
        }
        catch
        {
            await step.DisposeAsync();
            throw;
        }

        await step.DisposeAsync();
        return null;
    }

    /// <summary>The next items to copy, with the revision up to which these are all; null: there are none.</summary>
    public async Task<(string[] Items, long Revision)?> NextAsync(CancellationToken cancellationToken)
    {
        await using var command = Command(
            "SELECT item_id, revision FROM search_entries WHERE dataset_id = $1 AND organisation = $2 AND revision > $3 ORDER BY revision FETCH FIRST $4 ROWS WITH TIES",
            _copy.DatasetId, _copy.Organisation, _revision, Portion);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (items, revision) = (new List<string>(), 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            items.Add(reader.GetString(0));
            revision = reader.GetInt64(1);
        }

        return items.Count == 0 ? null : ([.. items], revision);
    }

    /// <summary>Passages of items as they are now.</summary>
    public async Task<List<(string Item, string Field, int Ordinal, float[] Vector)>> ReadAsync(string[] items, CancellationToken cancellationToken)
    {
        await using var command = Command(
            "SELECT item_id, field, ordinal, vector FROM search_chunks WHERE dataset_id = $1 AND organisation = $2 AND item_id = ANY ($3)", _copy.DatasetId, _copy.Organisation, items);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var chunks = new List<(string, string, int, float[])>();
        while (await reader.ReadAsync(cancellationToken)) chunks.Add((reader.GetString(0), reader.GetString(1), reader.GetInt32(2), ChunkVector.Read(reader.GetFieldValue<byte[]>(3))));
        return chunks;
    }

    /// <summary>Notes what the store may hold, and how far the copy is; ends the step.</summary>
    /// <param name="held">Of which fields.</param>
    /// <param name="revision">Null: as far as the index was when the step began.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    public async Task CommitAsync(string[] held, long? revision, CancellationToken cancellationToken)
    {
        await using var command = Command("UPDATE search_copies SET fields = $2, revision = greatest(revision, $3) WHERE id = $1", _copy.Id, held, revision ?? _indexed);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await _transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The store holds nothing of it any more.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await using var command = Command("DELETE FROM search_copies WHERE id = $1", _copy.Id);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await _transaction.CommitAsync(cancellationToken);
    }

    /// <summary>As far as the copy is.</summary>
    public Task CommitAsync(string[] held, CancellationToken cancellationToken) => CommitAsync(held, _revision, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task<bool> EnterAsync(bool waits, CancellationToken cancellationToken)
    {
        await using (var enter = Command("SELECT set_config('aimesh.organisation', $1, true)", _copy.Organisation)) await enter.ExecuteNonQueryAsync(cancellationToken);
        await using var command = Command(
            $"""
            SELECT c.fields, c.revision, i.fields, i.revision FROM search_copies c LEFT JOIN search_indexes i ON i.copy = c.id
            WHERE c.id = $1 FOR UPDATE OF c {(waits ? "" : "SKIP LOCKED")}
            """,
            _copy.Id);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return false;
        (Held, _revision) = (reader.GetFieldValue<string[]>(0), reader.GetInt64(1));
        if (await reader.IsDBNullAsync(2, cancellationToken)) return true;
        (Wanted, _indexed) = (reader.GetFieldValue<string[]>(2), reader.GetInt64(3));
        return true;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, _connection, _transaction);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
