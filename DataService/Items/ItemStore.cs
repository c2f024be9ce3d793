using System.Data;
using AiMesh.DataService.Answers;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores;
using Npgsql;

namespace AiMesh.DataService.Items;

/// <summary>Reads items. Every read is one round trip: who asks, the query, and its entry in the access log.</summary>
internal sealed class ItemStore(NpgsqlDataSource dataSource, DocumentItems documents, StreamLimit streams)
{
    /// <returns>The items and, where asked for, the version of the dataset; null also while nobody can say.</returns>
    public async Task<(List<StoredItem> Items, long? Version)> ReadAsync(PageQuery query, string action, int counted, bool withVersion, CancellationToken cancellationToken)
    {
        if (query.View.Dataset.IsElsewhere) return (await documents.ReadAsync(query, action, counted, cancellationToken), null);
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));

        // Before the read: what is written in between makes the answer newer than it says, never older.
        if (withVersion) batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT dataset_version($1)") { Parameters = { new NpgsqlParameter<long> { TypedValue = query.View.Dataset.Id } } });
        batch.BatchCommands.Add(query.Logged(action, counted));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        long? version = null;
        if (withVersion)
        {
            await reader.ReadAsync(cancellationToken);
            version = await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetInt64(0);
            await reader.NextResultAsync(cancellationToken);
        }

        var items = new List<StoredItem>(Math.Min(query.Limit, 64));
        while (await reader.ReadAsync(cancellationToken)) items.Add(StoredItem.Read(reader, query.View));
        return (items, version);
    }

    /// <summary>Whether nothing was written since an answer was read; if so, this read is recorded like the first one.</summary>
    public async Task<bool> ConfirmAsync(PageQuery query, string action, AnswerLabel label, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));
        batch.BatchCommands.Add(query.Confirmed(action, label.Version, label.Count));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken);
    }

    /// <summary>Hands on items as they come, all out of one snapshot.</summary>
    /// <exception cref="MeshException">There are as many streams as <see cref="StreamOptions"/> allows.</exception>
    public async Task StreamAsync(PageQuery query, Func<StoredItem, Task> take, CancellationToken cancellationToken)
    {
        using var place = await streams.EnterAsync(cancellationToken);
        if (query.View.Dataset.IsElsewhere)
        {
            await documents.StreamAsync(query, take, cancellationToken);
            return;
        }

        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(query.Principal, query.View.Dataset, writes: false));
        batch.BatchCommands.Add(query.Unlogged());
        await using var reader = await batch.ExecuteReaderAsync(CommandBehavior.Default, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) await take(StoredItem.Read(reader, query.View));
    }
}

/// <summary>One row of a <see cref="PageQuery"/>.</summary>
internal readonly record struct StoredItem(string Id, byte[] Fields, DateTime CreateTime, DateTime UpdateTime, long Version)
{
    public static StoredItem Read(NpgsqlDataReader reader, DatasetView view)
    {
        var id = reader.GetString(0);
        return new StoredItem(id, view.Reveal(id, reader.GetFieldValue<byte[]>(1)), reader.GetDateTime(2), reader.GetDateTime(3), reader.GetInt64(4));
    }
}
