using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Search.Index;

/// <summary>Reads stored chunks into memory: whole, or what changed since a revision.</summary>
internal sealed class IndexReader([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    /// <summary>Brings an index up to date.</summary>
    /// <returns>False where what is stored does not follow on it: then another one is to be begun.</returns>
    public async Task<bool> RefreshAsync(MemoryIndex index, IndexWork work, long maxBytes, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);

        // One snapshot for all of it: the revision says exactly what the chunks are.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("SELECT set_config('aimesh.organisation', $1, true)") { Parameters = { new() { Value = work.Organisation } } },
                new NpgsqlBatchCommand("SELECT revision, trimmed FROM search_indexes WHERE dataset_id = $1 AND organisation = $2")
                {
                    Parameters = { new() { Value = work.DatasetId }, new() { Value = work.Organisation } },
                },
                new NpgsqlBatchCommand(
                    """
                    SELECT e.item_id, e.revision, c.field, c.text, CASE WHEN $4 THEN c.vector ELSE ''::bytea END
                    FROM search_entries e LEFT JOIN search_chunks c ON c.dataset_id = e.dataset_id AND c.item_id = e.item_id AND c.organisation = e.organisation
                    WHERE e.dataset_id = $1 AND e.organisation = $2 AND e.revision > $3 ORDER BY e.item_id, c.field, c.ordinal
                    """)
                {
                    Parameters = { new() { Value = work.DatasetId }, new() { Value = work.Organisation }, new() { Value = index.Revision }, new() { Value = index.Dimensions > 0 } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return false;
        var (revision, trimmed) = (reader.GetInt64(0), reader.GetInt64(1));
        if (index.Revision >= 0 && (trimmed > index.Revision || revision < index.Revision)) return false;
        await reader.NextResultAsync(cancellationToken);

        var changed = new List<ReadItem>();
        var bytes = 0L;
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetString(0);
            if (changed.Count == 0 || changed[^1].Id != id) changed.Add(new ReadItem(id, reader.GetInt64(1), new(StringComparer.Ordinal)));
            if (await reader.IsDBNullAsync(2, cancellationToken)) continue;
            var (fields, name) = (changed[^1].Fields, reader.GetString(2));
            if (!fields.TryGetValue(name, out var chunks)) fields.Add(name, chunks = []);
            chunks.Add(new ReadChunk(reader.GetString(3), ChunkVector.Read(reader.GetFieldValue<byte[]>(4))));
            if ((bytes += chunks[^1].Text.Length * 2 + 200 + index.Dimensions * sizeof(float)) > maxBytes) throw new IndexTooLargeException();
        }

        index.Apply(changed, revision);
        return true;
    }
}

/// <summary>The index of one dataset needs more memory than all together may have.</summary>
internal sealed class IndexTooLargeException : Exception;
