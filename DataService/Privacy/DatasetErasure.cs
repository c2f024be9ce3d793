using AiMesh.DataService.Datasets;
using AiMesh.DataService.Search.Index;
using AiMesh.DataService.Search.VectorStores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>Erases a person from one dataset: rows here and items in another store, passages for search, events.</summary>
internal sealed class DatasetErasure(PersonalTables tables, IndexCopier copier, DocumentErasure documents)
{
    private const string DefinitionChangedState = RequestScope.DefinitionChangedState;
    private const string InTwoPlacesState = "AM002";

    /// <returns>How much was found.</returns>
    /// <exception cref="MeshException">It is not done: UNAVAILABLE or ABORTED.</exception>
    public async Task<long> EraseAsync(CompiledDataset dataset, ErasureOrder order, CancellationToken cancellationToken)
    {
        // The copier holds the lock as writers do: whoever waits for it learns less, later.
        if (dataset.Definition.Migrating) throw new MeshException(new DatasetInTwoPlaces(dataset.Definition.Id));
        try
        {
            // The table is empty where the items are elsewhere, and looked into all the same; the events may be older than the last move.
            var found = await tables.EraseAsync(order, [PersonalRows.Of(dataset, roles: null)!, PersonalRows.EventsOf(dataset)], Prelude(dataset), cancellationToken);

            // The passages of the rows go with them, before anybody is told that they are gone; their vectors from the search store as well.
            await ConfirmedAsync($"the dataset '{dataset.Definition.Id}'", copier.CatchUpAsync(new IndexWork(dataset.Organisation, dataset.Id), cancellationToken));
            return dataset.IsElsewhere ? found + await documents.EraseAsync(dataset, order, cancellationToken) : found;
        }
        catch (PostgresException exception) when (exception.SqlState == DefinitionChangedState)
        {
            throw new MeshException(new ErasureBusy());
        }
        catch (PostgresException exception) when (exception.SqlState == InTwoPlacesState)
        {
            throw new MeshException(new DatasetInTwoPlaces(dataset.Definition.Id));
        }
    }

    /// <summary>Removes what datasets that are deleted, or not searched any more, have left in search stores: vectors and the ids of their items.</summary>
    /// <exception cref="MeshException">UNAVAILABLE: it is not done.</exception>
    public Task EraseRemainsAsync(string organisation, CancellationToken cancellationToken) => ConfirmedAsync("a dataset that is gone or not searched any more", copier.RemoveUnnamedAsync(organisation, cancellationToken));

    private static async Task ConfirmedAsync(string whose, Task work)
    {
        try
        {
            await work;
        }
        catch (Exception exception) when (exception is MeshException or InvalidOperationException)
        {
            throw new MeshException(new StoreUnconfirmed(whose));
        }
    }

    /// <summary>
    /// Writes hold the lock shared until they are stored, in whichever store: what was begun before the person's tokens ended is waited for. Then, while nobody can begin a move: from
    /// its first item copied until its old store is emptied a person may be in two places.
    /// </summary>
    private static string Prelude(CompiledDataset dataset) => FormattableString.Invariant(
        $"""
        SELECT pg_advisory_xact_lock({dataset.Id});
        DO $check$ BEGIN
            IF EXISTS (SELECT FROM dataset_migrations WHERE dataset_id = {dataset.Id} AND end_time IS NULL) THEN
                RAISE EXCEPTION 'the dataset is being moved' USING ERRCODE = '{InTwoPlacesState}';
            END IF;
            IF NOT EXISTS (SELECT FROM datasets WHERE id = {dataset.Id} AND version = {dataset.Version}) THEN
                RAISE EXCEPTION 'the definition of the dataset has changed' USING ERRCODE = '{DefinitionChangedState}';
            END IF;
        END $check$;
        {PersonalRows.DemandSettled(dataset)}
        """);
}
