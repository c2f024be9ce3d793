using AiMesh.DataService.Datasets;
using AiMesh.DataService.Protection;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Policy;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>The datasets of a person's organisation, and what of them is exported from other stores than the database.</summary>
internal sealed class PersonalDatasets(KeyStore keys, StorePlaces places, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const int Expected = 100;

    /// <summary>All of them, wherever their items are.</summary>
    public async Task<List<CompiledDataset>> ListAsync(string organisation, CancellationToken cancellationToken)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = organisation } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 ORDER BY id") { Parameters = { new() { Value = organisation } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var datasets = new List<CompiledDataset>();
        while (await reader.ReadAsync(cancellationToken)) datasets.Add(DatasetStore.Read(reader));
        foreach (var dataset in datasets.Where(static dataset => dataset.Encrypted.Count > 0)) dataset.Keys = await keys.GetAsync(organisation, cancellationToken);
        return datasets;
    }

    /// <summary>Writes the section of a dataset in another store, item by item as they come; no snapshot.</summary>
    /// <param name="dataset">It is elsewhere.</param>
    /// <param name="subject">Whose items.</param>
    /// <param name="roles">Only what these roles see; null: everything.</param>
    /// <param name="writer">Takes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MeshException">UNAVAILABLE: half of what somebody asked for is no answer.</exception>
    public async Task ExportAsync(CompiledDataset dataset, DataSubject subject, IReadOnlyList<string>? roles, SectionWriter writer, CancellationToken cancellationToken)
    {
        if (PersonalRows.Hidden(dataset, roles) is not { } hidden) return;
        await writer.BeginAsync(PersonalRows.Section(dataset), cancellationToken);
        var personal = new PersonalDocuments(dataset, subject);
        var query = personal.Query(whole: true, ownersOnly: true) with { Expected = Expected };
        try
        {
            await foreach (var document in places.Of(dataset.Definition.Store).QueryAsync(dataset.Documents, query, cancellationToken))
                if (personal.IsOwned(document) || personal.IsAbout(document)) await writer.WriteLineAsync(personal.Line(document, hidden), cancellationToken);
        }
        catch (MeshException)
        {
            throw new MeshException(new StoreUnconfirmed($"the dataset '{dataset.Definition.Id}'"));
        }

        await writer.FlushAsync(cancellationToken);
    }

    /// <summary>Fails where a dataset is no longer as it was: its items may have been moved away under the export.</summary>
    public async Task DemandUnchangedAsync(string organisation, List<CompiledDataset> before, CancellationToken cancellationToken)
    {
        var now = (await ListAsync(organisation, cancellationToken)).ToDictionary(static dataset => dataset.Id, static dataset => dataset.Version);
        if (before.Exists(dataset => now.TryGetValue(dataset.Id, out var version) && version != dataset.Version)) throw new MeshException(new ExportOutdated());
    }
}
