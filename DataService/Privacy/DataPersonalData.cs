using AiMesh.DataService.Audit;
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
    PersonalTables tables, PersonalDatasets datasets, DatasetErasure erasure, AuditSealer sealer, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner) : IPersonalData
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
        var (roles, all) = (visibleOnly ? subject.Roles : null, await datasets.ListAsync(subject.Organisation, cancellationToken));
        await tables.ExportAsync(
            subject, [.. all.Where(static dataset => !dataset.IsElsewhere).Select(dataset => PersonalRows.Of(dataset, roles)).OfType<PersonalTable>(), .. Logs], writer, cancellationToken);
        foreach (var dataset in all.Where(static dataset => dataset.IsElsewhere)) await datasets.ExportAsync(dataset, subject, roles, writer, cancellationToken);
        await datasets.DemandUnchangedAsync(subject.Organisation, all, cancellationToken);
    }

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        var (found, obstacle) = (0L, (MeshException?)null);
        foreach (var dataset in await datasets.ListAsync(order.Subject.Organisation, cancellationToken)) await TryAsync(async () => found += await erasure.EraseAsync(dataset, order, cancellationToken));
        await TryAsync(() => erasure.EraseRemainsAsync(order.Subject.Organisation, cancellationToken));

        // And nothing says that it is done: the whole is tried again until every store has confirmed it.
        if (obstacle is not null) throw new MeshException(obstacle.Error);

        await sealer.SealAsync(wait: true, cancellationToken);
        await AuditPeople.ChainErasureAsync(owner, order.Subject.Organisation, order.Subject.Id, cancellationToken);
        found += await tables.EraseAsync(order, [.. Logs, PersonalRows.EventsOf(dataset: null)], prelude: null, cancellationToken);
        return new ErasureReport(await tables.ReportAsync(order.RequestId, cancellationToken), found);

        async Task TryAsync(Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (MeshException exception)
            {
                // A store that is away keeps nothing else from being erased.
                obstacle ??= exception;
            }
        }
    }
}
