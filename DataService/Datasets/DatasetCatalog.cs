using System.Collections.Concurrent;
using AiMesh.DataService.Protection;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Npgsql;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// Definitions, compiled once and remembered. What is remembered may be old: every batch checks its version in the database (see
/// <see cref="RequestScope"/>), as does every refusal that may follow from it, and where it is old the work is done again with the new one.
/// </summary>
internal sealed class DatasetCatalog(DatasetStore store, KeyStore keys)
{
    private const int Capacity = 1000;
    private const int Attempts = 4;

    private readonly ConcurrentDictionary<(string Organisation, string Name), CompiledDataset> _datasets = new();

    /// <summary>Does <paramref name="work"/> with what the caller sees of the dataset.</summary>
    public async Task<Result<T>> UseAsync<T>(Principal principal, string name, Func<DatasetView, Task<Result<T>>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var dataset = await FindAsync(principal, name, cancellationToken);
            if (dataset is null) return new NotFound("dataset", name);
            try
            {
                var result = await TryAsync(() => work(dataset.ViewFor(principal)));
                if (!result.IsOk && MayFollowFromDefinition(result.Error)) await store.ConfirmAsync(principal, dataset, cancellationToken);
                return result;
            }
            catch (PostgresException e) when (e.SqlState == RequestScope.DefinitionChangedState)
            {
                Forget(dataset);
            }
        }

        return new DefinitionChanged();
    }

    public void Forget(CompiledDataset dataset) =>
        _datasets.TryRemove(KeyValuePair.Create((dataset.Organisation, dataset.Definition.Id), dataset));

    private static async Task<Result<T>> TryAsync<T>(Func<Task<Result<T>>> work)
    {
        try
        {
            return await work();
        }
        catch (MeshException e) when (MayFollowFromDefinition(e.Error))
        {
            return e.Error;
        }
    }

    // Refused perhaps before the database was asked: a field that was added just now, a role that got it, a dataset that has come back from another store.
    private static bool MayFollowFromDefinition(MeshError error) => error.Code is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied;

    private async ValueTask<CompiledDataset?> FindAsync(Principal principal, string name, CancellationToken cancellationToken)
    {
        if (_datasets.TryGetValue((principal.Organisation, name), out var known)) return known;
        if (!DefinitionValidator.IsId(name)) return null;
        var dataset = await store.FindAsync(principal, name, cancellationToken);
        if (dataset is null) return null;
        if (dataset.NeedsKeys) dataset.Keys = await keys.GetAsync(principal.Organisation, cancellationToken);
        if (_datasets.Count >= Capacity) _datasets.Clear();
        _datasets[(principal.Organisation, name)] = dataset;
        return dataset;
    }
}
