using System.Diagnostics;
using System.Globalization;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Diagnostics;

/// <summary>Says how the stores are (D7). Of addresses, credentials and what a store says in its errors nothing gets out.</summary>
internal sealed class StoreDiagnosis(StorePlaces places, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const int MaxCounted = 100_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly string[] OnlyInPostgres = ["aggregates", "batches", "search", "watch", "encryption", "snapshots"];

    /// <param name="organisation">Whose datasets are listed; null: nobody's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoreStatus>> RunAsync(string? organisation, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(places.Names.Select(name => AskAsync(name, cancellationToken)));
        var byName = all.ToDictionary(static status => status.Name, StringComparer.Ordinal);
        if (organisation is null) return all;
        var lost = new SortedDictionary<string, StoreStatus>(StringComparer.Ordinal);
        foreach (var dataset in await DatasetsAsync(organisation, cancellationToken))
        {
            var name = dataset.Definition.Store;
            if (!byName.TryGetValue(name, out var status))
                byName.Add(name, lost[name] = status = new StoreStatus { Name = name, Trouble = "It is not configured here, and datasets are kept in it." });
            var kept = new StoreStatus.Types.KeptDataset { Dataset = dataset.Definition.Id, Migrating = dataset.Definition.Migrating };
            if (!dataset.IsElsewhere && await CountAsync(dataset, cancellationToken) is { } count) kept.ItemCount = count;
            status.Datasets.Add(kept);
        }

        return [.. all, .. lost.Values];
    }

    private async Task<StoreStatus> AskAsync(string name, CancellationToken cancellationToken)
    {
        var store = places.Of(name);
        var can = store.Capabilities;
        var status = new StoreStatus { Name = name, Provider = can.Provider, MaxItemBytes = can.MaxDocumentBytes, MaxAtomicItems = can.MaxAtomicWrites, MaxAtomicBytes = can.MaxAtomicBytes };
        if (name.Length > 0) status.Lacks.Add(OnlyInPostgres);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var started = Stopwatch.GetTimestamp();
            await store.PingAsync(patience.Token);
            (status.Reachable, status.Latency) = (true, Duration.FromTimeSpan(Stopwatch.GetElapsedTime(started)));
        }
        catch (MeshException e)
        {
            status.Trouble = e.Error.Message;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            status.Trouble = "It does not answer as it should.";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            status.Trouble = string.Create(CultureInfo.InvariantCulture, $"It does not answer within {Patience.TotalSeconds} s.");
        }

        return status;
    }

    private async Task<List<CompiledDataset>> DatasetsAsync(string organisation, CancellationToken cancellationToken)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(Enter(organisation));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 ORDER BY name") { Parameters = { new() { Value = organisation } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var datasets = new List<CompiledDataset>();
        while (await reader.ReadAsync(cancellationToken)) datasets.Add(DatasetStore.Read(reader));
        return datasets;
    }

    private async Task<long?> CountAsync(CompiledDataset dataset, CancellationToken cancellationToken)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(Enter(dataset.Organisation));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM (SELECT FROM {dataset.Table} LIMIT {MaxCounted + 1}) counted")));
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return reader.GetInt64(0) is var count && count <= MaxCounted ? count : null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Deleted since it was listed.
            return null;
        }
    }

    private static NpgsqlBatchCommand Enter(string organisation) =>
        new($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = organisation } } };
}
