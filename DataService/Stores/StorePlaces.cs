using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores.Postgres;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Stores;

/// <summary>All places where items may be kept, by the name that <c>Dataset.store</c> has for them: this database ("") and the configured stores. For work on whole datasets.</summary>
internal sealed class StorePlaces(StoreRegistry stores, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const int RemovedAtOnce = 1000;

    private readonly PostgresStore _database = new(owner);

    /// <summary>Names of all places, this database first.</summary>
    public IEnumerable<string> Names => stores.All.Keys.Order(StringComparer.Ordinal).Prepend("");

    public bool Knows(string name) => name.Length == 0 || stores.Knows(name);

    /// <summary>Whether two names stand for the same tables.</summary>
    public bool AreOne(string name, string other) => stores.AreOne(name, other);

    /// <exception cref="MeshException">UNAVAILABLE: this replica is not configured for it.</exception>
    public IDocumentStore Of(string name) => name.Length == 0 ? _database : stores.Of(name);

    /// <summary>Whether there is nothing in the table of a dataset, or no table.</summary>
    public async Task<bool> IsEmptyAsync(string name, DocumentTable table, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in Of(name).QueryAsync(table, DocumentQuery.Everything with { Fields = [], Expected = 1 }, cancellationToken)) return false;
            return true;
        }
        catch (MeshException e) when (e.Error == StoreLacks.Table)
        {
            return true;
        }
    }

    /// <summary>Removes all items of a dataset from a place. In this database its table stays, and every removal is an event, so that watchers that come back later begin with it.</summary>
    public async Task RemoveAsync(string name, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        if (name.Length > 0)
        {
            await Of(name).DropTableAsync(dataset.Documents, cancellationToken);
            return;
        }

        var sql = string.Create(CultureInfo.InvariantCulture, $"DELETE FROM {dataset.Table} WHERE id IN (SELECT id FROM {dataset.Table} ORDER BY id LIMIT {RemovedAtOnce})");
        for (var removed = RemovedAtOnce; removed == RemovedAtOnce;)
        {
            await using var batch = owner.CreateBatch();
            var delete = new NpgsqlBatchCommand(sql);
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = dataset.Organisation } } });
            batch.BatchCommands.Add(delete);
            await batch.ExecuteNonQueryAsync(cancellationToken);
            removed = delete.RecordsAffected;
        }
    }
}
