using System.Numerics.Tensors;
using AiMesh.DataService.Search.Index;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Keeps copies of indexes up to date: what was indexed since, in the order of its revisions, and what nobody searches any more. Killed anywhere, it is done again.</summary>
internal sealed class IndexCopier([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, VectorStoreRegistry stores, SearchIndexer indexer)
{
    /// <summary>Copies that are not what they should be.</summary>
    public async Task<List<IndexCopy>> FindWorkAsync(CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand(
            """
            SELECT c.id, c.organisation, c.dataset_id, c.store FROM search_copies c LEFT JOIN search_indexes i ON i.copy = c.id
            WHERE i.copy IS NULL OR i.revision > c.revision OR NOT c.fields <@ i.fields ORDER BY c.id
            """);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Indexes all that waits, and has it in the store as well: what is gone from a dataset by now is gone from everywhere then.</summary>
    /// <exception cref="ServiceDefaults.Errors.MeshException">The store cannot be reached.</exception>
    public async Task CatchUpAsync(IndexWork work, CancellationToken cancellationToken)
    {
        while (await indexer.StepAsync(work, long.MaxValue, cancellationToken))
        {
        }

        await using var command = owner.CreateCommand("SELECT id, organisation, dataset_id, store FROM search_copies WHERE dataset_id = $1 AND organisation = $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = work.DatasetId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = work.Organisation });
        foreach (var copy in await ReadAsync(command, cancellationToken))
        {
            while (await StepAsync(copy, waits: true, cancellationToken))
            {
            }
        }
    }

    /// <summary>Has everything of an organisation removed from the stores that no index names any more.</summary>
    /// <exception cref="ServiceDefaults.Errors.MeshException">A store cannot be reached.</exception>
    public async Task RemoveUnnamedAsync(string organisation, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand(
            "SELECT c.id, c.organisation, c.dataset_id, c.store FROM search_copies c WHERE c.organisation = $1 AND NOT EXISTS (SELECT FROM search_indexes i WHERE i.copy = c.id)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = organisation });
        foreach (var copy in await ReadAsync(command, cancellationToken)) await StepAsync(copy, waits: true, cancellationToken);
    }

    /// <summary>The next step.</summary>
    /// <returns>False where there is nothing left to do, or, unless it waits, while another one does it.</returns>
    public async Task<bool> StepAsync(IndexCopy copy, bool waits, CancellationToken cancellationToken)
    {
        var store = stores.Of(copy);
        await using var step = await CopyStep.BeginAsync(owner, copy, waits, cancellationToken);
        if (step is null) return false;
        if (step.Wanted is not { } wanted)
        {
            foreach (var field in step.Held) await store.DropAsync(stores.SpaceOf(copy, field), cancellationToken);
            await step.RemoveAsync(cancellationToken);
            return false;
        }

        if (step.Held.Except(wanted).ToArray() is { Length: > 0 } dropped)
        {
            foreach (var field in dropped) await store.DropAsync(stores.SpaceOf(copy, field), cancellationToken);
            await step.CommitAsync([.. step.Held.Intersect(wanted)], cancellationToken);
            return true;
        }

        // Noted first: what the store holds without anybody's knowing would never be removed.
        if (wanted.Except(step.Held).Any())
        {
            await step.CommitAsync(wanted, cancellationToken);
            return true;
        }

        if (await step.NextAsync(cancellationToken) is not (var items, var revision))
        {
            await step.CommitAsync(wanted, revision: null, cancellationToken);
            return false;
        }

        await CopyAsync(store, copy, wanted, items, await step.ReadAsync(items, cancellationToken), cancellationToken);
        await step.CommitAsync(wanted, revision, cancellationToken);
        return true;
    }

    private async Task CopyAsync(
        IVectorStore store, IndexCopy copy, string[] fields, string[] items, List<(string Item, string Field, int Ordinal, float[] Vector)> chunks, CancellationToken cancellationToken)
    {
        foreach (var field in fields)
        {
            var space = stores.SpaceOf(copy, field);

            // A text without a known word has no direction; some stores refuse such vectors.
            var vectors = chunks.Where(chunk => chunk.Field == field && TensorPrimitives.Norm<float>(chunk.Vector) > 0)
                .Select(chunk => new StoredVector(space.IdOf(chunk.Item, chunk.Ordinal), chunk.Item, chunk.Vector));
            await store.ReplaceAsync(space, items, [.. vectors], cancellationToken);
        }
    }

    private static async Task<List<IndexCopy>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var copies = new List<IndexCopy>();
        while (await reader.ReadAsync(cancellationToken)) copies.Add(new IndexCopy(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3)));
        return copies;
    }
}
