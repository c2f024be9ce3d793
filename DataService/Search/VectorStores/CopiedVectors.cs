using AiMesh.DataService.Search.Index;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Reads, of an index with a copy elsewhere, how far that is, and vectors as the database has them.</summary>
internal sealed class CopiedVectors([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const int Portion = 5000;

    /// <summary>Null where there is no copy.</summary>
    /// <param name="work">Which index.</param>
    /// <param name="maxPending">At most so many items are answered that are not copied yet.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<CopyState?> StateAsync(IndexWork work, int maxPending, CancellationToken cancellationToken)
    {
        await using var batch = Batch(work, new NpgsqlBatchCommand(
            """
            SELECT c.id, c.store, ARRAY(
                SELECT e.item_id FROM search_entries e WHERE e.dataset_id = c.dataset_id AND e.organisation = c.organisation AND e.revision > c.revision LIMIT $3)
            FROM search_indexes i JOIN search_copies c ON c.id = i.copy WHERE i.dataset_id = $1 AND i.organisation = $2
            """)
        {
            Parameters = { new() { Value = work.DatasetId }, new() { Value = work.Organisation }, new() { Value = maxPending } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        return new CopyState(new IndexCopy(reader.GetInt64(0), work.Organisation, work.DatasetId, reader.GetString(1)), reader.GetFieldValue<string[]>(2));
    }

    /// <summary>Vectors of items' fields as they were at a revision; of items that were indexed since there is nothing: what they hold now, they did not hold then.</summary>
    public async Task ReadAsync(IndexWork work, long revision, IReadOnlyList<string> items, string[] fields, Action<string, float[]> take, CancellationToken cancellationToken)
    {
        foreach (var some in items.Chunk(Portion))
        {
            await using var batch = Batch(work, new NpgsqlBatchCommand(
                """
                SELECT c.item_id, c.vector FROM search_chunks c JOIN search_entries e ON e.dataset_id = c.dataset_id AND e.item_id = c.item_id AND e.organisation = c.organisation
                WHERE c.dataset_id = $1 AND c.organisation = $2 AND c.item_id = ANY ($3) AND c.field = ANY ($4) AND e.revision <= $5
                """)
            {
                Parameters = { new() { Value = work.DatasetId }, new() { Value = work.Organisation }, new() { Value = some }, new() { Value = fields }, new() { Value = revision } },
            });
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) take(reader.GetString(0), ChunkVector.Read(reader.GetFieldValue<byte[]>(1)));
        }
    }

    private NpgsqlBatch Batch(IndexWork work, NpgsqlBatchCommand command)
    {
        var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('aimesh.organisation', $1, true)") { Parameters = { new() { Value = work.Organisation } } });
        batch.BatchCommands.Add(command);
        return batch;
    }
}

/// <param name="Copy">Where.</param>
/// <param name="Pending">Items that it does not have as they are.</param>
internal sealed record CopyState(IndexCopy Copy, string[] Pending);
