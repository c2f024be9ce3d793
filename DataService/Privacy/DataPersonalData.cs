using System.Globalization;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Protection;
using AiMesh.DataService.Search.Index;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// What is kept about people here: rows that they own or that are about them, and who read or changed what. That stays in the
/// audit chain, under an alias that leads to nobody any more: others have a right to know that their data was read.
/// </summary>
internal sealed class DataPersonalData(
    PersonalTables tables, AuditSealer sealer, KeyStore keys, SearchIndexer indexer, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner) : IPersonalData
{
    private const string AliasOf = "(SELECT alias FROM audit_people WHERE organisation = @organisation AND subject = @subject)";

    private static readonly PersonalTable[] Logs =
    [
        new("access_log",
            $"""
            SELECT record::text FROM (
                SELECT jsonb_build_object('at', detail -> 'at', 'dataset', target, 'action', substr(action, 6), 'item_count', (detail ->> 'items')::bigint, 'token_id', detail -> 'token') AS record, sequence
                FROM audit_events WHERE organisation = @organisation AND actor = {AliasOf} AND action LIKE 'data.%'
                UNION ALL
                SELECT to_jsonb(i) - 'id' - 'organisation' - 'dataset_id' - 'rule' - 'stream', 4611686018427387904 + id FROM access_inbox i WHERE organisation = @organisation AND subject = @subject) entries
            ORDER BY sequence
            """)
        {
            // The chain stays as it is; what led from it to the person goes.
            Pseudonymise = "DELETE FROM audit_people WHERE organisation = @organisation AND subject = @subject",
        },
        new("access_inbox", null)
        {
            Pseudonymise = "UPDATE access_inbox SET subject = @pseudonym, token_id = '' WHERE organisation = @organisation AND subject = @subject",
        },
        new("create_requests", null)
        {
            Delete = "DELETE FROM create_requests WHERE organisation = @organisation AND subject = @subject",
        },
    ];

    public async Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken)
    {
        var datasets = await ListAsync(subject, cancellationToken);
        await tables.ExportAsync(
            subject, [.. datasets.Select(dataset => PersonalRows.Of(dataset, visibleOnly ? subject.Roles : null)).OfType<PersonalTable>(), .. Logs], writer, cancellationToken);
    }

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        var found = 0L;
        foreach (var dataset in await ListAsync(order.Subject, cancellationToken))
        {
            // What is erased from the one store may have been copied to the other already. Erasures are tried again until they are done.
            if (dataset.Definition.Migrating) throw new MeshException(new Unavailable("the items of a dataset that is being moved"));

            // Writes hold this lock shared until they are stored: what was begun before the person's tokens ended is waited for.
            var prelude = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({dataset.Id})");
            found += await tables.EraseAsync(order, [PersonalRows.Of(dataset, roles: null)!, PersonalRows.EventsOf(dataset)], prelude, cancellationToken);

            // The passages of the rows go with them, before anybody is told that they are gone.
            while (await indexer.StepAsync(new IndexWork(dataset.Organisation, dataset.Id), long.MaxValue, cancellationToken))
            {
            }
        }

        await sealer.SealAsync(wait: true, cancellationToken);
        await AuditPeople.ChainErasureAsync(owner, order.Subject.Organisation, order.Subject.Id, cancellationToken);
        found += await tables.EraseAsync(order, [.. Logs, PersonalRows.EventsOf(dataset: null)], prelude: null, cancellationToken);
        return new ErasureReport(await tables.ReportAsync(order.RequestId, cancellationToken), found);
    }

    private async Task<List<CompiledDataset>> ListAsync(DataSubject subject, CancellationToken cancellationToken)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('aimesh.organisation', $1, true)") { Parameters = { new() { Value = subject.Organisation } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE organisation = $1 ORDER BY id")
        {
            Parameters = { new() { Value = subject.Organisation } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var datasets = new List<CompiledDataset>();
        while (await reader.ReadAsync(cancellationToken)) datasets.Add(DatasetStore.Read(reader));
        foreach (var dataset in datasets.Where(static dataset => dataset.Encrypted.Count > 0)) dataset.Keys = await keys.GetAsync(subject.Organisation, cancellationToken);
        return datasets;
    }
}
