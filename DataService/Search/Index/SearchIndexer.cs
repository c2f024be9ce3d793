using System.Text.Json;
using AiMesh.DataService.Datasets;
using AiMesh.Embeddings;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Search.Index;

/// <summary>A dataset with something to index.</summary>
internal sealed record IndexWork(string Organisation, long DatasetId);

/// <summary>
/// Indexes items that were written, step by step, each step one transaction: what it takes from the queue, the chunks and the new revision are stored together
/// or not at all. Steps of one dataset follow each other, on whichever replica they run.
/// </summary>
internal sealed class SearchIndexer([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, SentenceEmbedder embedder)
{
    public const int StepSize = 500;

    /// <summary>What there is to do, of all organisations; or everything that is searched.</summary>
    public async Task<List<IndexWork>> FindWorkAsync(bool all, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand(
            "SELECT organisation, dataset_id FROM search_indexes i WHERE $1 OR rebuilt_to IS NOT NULL OR EXISTS (SELECT FROM search_queue q WHERE q.dataset_id = i.dataset_id)");
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = all });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var work = new List<IndexWork>();
        while (await reader.ReadAsync(cancellationToken)) work.Add(new IndexWork(reader.GetString(0), reader.GetInt64(1)));
        return work;
    }

    /// <summary>Removes what is too old of the list of removed items.</summary>
    public async Task TrimAsync(IndexWork work, TimeSpan retention, CancellationToken cancellationToken)
    {
        await using var step = await IndexStep.BeginAsync(owner, work, cancellationToken);
        if (step is null) return;
        await step.TrimAsync(retention, cancellationToken);
        await step.CommitAsync(cancellationToken);
    }

    /// <summary>Indexes the next items that wait, and where none do goes on with a rebuild.</summary>
    /// <returns>False where there is nothing left to do.</returns>
    public Task<bool> StepAsync(IndexWork work, CancellationToken cancellationToken) => StepAsync(work, long.MaxValue, rebuild: true, cancellationToken);

    /// <summary>Indexes the next items that wait up to a place in the queue: an end comes into sight however much is written meanwhile.</summary>
    /// <returns>False where there is nothing left to do.</returns>
    public Task<bool> StepAsync(IndexWork work, long last, CancellationToken cancellationToken) => StepAsync(work, last, rebuild: false, cancellationToken);

    private async Task<bool> StepAsync(IndexWork work, long last, bool rebuild, CancellationToken cancellationToken)
    {
        await using var step = await IndexStep.BeginAsync(owner, work, cancellationToken);
        if (step is null) return false;
        var ids = await step.TakeAsync(last, StepSize, cancellationToken);
        var rebuilds = ids.Length == 0 && rebuild && step.RebuiltTo is not null;
        if (rebuilds) ids = await step.NextToRebuildAsync(StepSize, cancellationToken);
        if (ids.Length == 0 && !rebuilds) return false;
        var chunks = new List<IndexedChunk>();
        foreach (var (id, fields) in await step.ReadAsync(ids, cancellationToken)) chunks.AddRange(ChunksOf(id, fields, step.Fields));
        await step.ReplaceAsync(ids, chunks, cancellationToken);
        if (rebuilds) await step.RebuiltAsync(ids.LastOrDefault(), cancellationToken);
        await step.CommitAsync(cancellationToken);
        return true;
    }

    private IEnumerable<IndexedChunk> ChunksOf(string id, byte[] fields, string[] searched)
    {
        using var document = JsonDocument.Parse(fields);
        foreach (var name in searched)
        {
            if (!document.RootElement.TryGetProperty(name, out var value)) continue;
            var ordinal = 0;
            foreach (var text in SearchedText.Of(value).SelectMany(Chunks.Of)) yield return new IndexedChunk(id, name, ordinal++, text, ChunkVector.Write(embedder.Embed(text)));
        }
    }
}

/// <summary>A passage of a field of an item.</summary>
internal sealed record IndexedChunk(string ItemId, string Field, int Ordinal, string Text, byte[] Vector);
