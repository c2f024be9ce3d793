using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Identity;
using Npgsql;

namespace AiMesh.DataService.Search;

/// <summary>Asks the database on behalf of the caller, through row-level security.</summary>
internal sealed class SearchStore(NpgsqlDataSource dataSource)
{
    /// <summary>Null where the dataset is not searched.</summary>
    public async Task<SearchState?> StateAsync(SearchQuery query, long? known, int maxPending, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));
        batch.BatchCommands.Add(query.State(known, maxPending));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        return new SearchState(
            reader.GetInt64(0),
            reader.GetFieldValue<string[]>(1),
            await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetInt64(2),
            reader.GetFieldValue<string[]>(3),
            await reader.IsDBNullAsync(4, cancellationToken) ? 0 : reader.GetInt64(4),
            await reader.IsDBNullAsync(5, cancellationToken) ? null : reader.GetFieldValue<string[]>(5));
    }

    /// <summary>The items by id.</summary>
    public async Task<Dictionary<string, StoredItem>> FindAsync(SearchQuery query, string[] ids, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));
        batch.BatchCommands.Add(query.Found(ids));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var items = new Dictionary<string, StoredItem>(ids.Length, StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken)) items.Add(reader.GetString(0), StoredItem.Read(reader, query.View));
        return items;
    }
}

/// <param name="Revision">Of the index, as stored.</param>
/// <param name="Ready">Fields whose index is complete.</param>
/// <param name="Version">Of the dataset; null while nobody can say.</param>
/// <param name="Pending">Items that were written and are not indexed yet.</param>
/// <param name="LastPending">Place of the last of them in the queue.</param>
/// <param name="Permitted">Items that may be found; null where the caller of this knows them, or where it is all of them.</param>
internal sealed record SearchState(long Revision, string[] Ready, long? Version, string[] Pending, long LastPending, string[]? Permitted);
