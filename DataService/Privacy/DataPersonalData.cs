using System.Globalization;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Privacy;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.DataService.Privacy;

/// <summary>
/// What is kept about people here: rows that they own or that are about them, and who read or changed what. The access log stays, under a
/// pseudonym: others have a right to know that their data was read.
/// </summary>
internal sealed class DataPersonalData(
    PersonalTables tables, [FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner) : IPersonalData
{
    private static readonly PersonalTable[] Logs =
    [
        new("access_log",
            """
            SELECT (to_jsonb(access_log) - 'organisation' - 'dataset_id' - 'rule')::text FROM access_log
            WHERE organisation = @organisation AND subject = @subject ORDER BY id
            """)
        {
            Pseudonymise = "UPDATE access_log SET subject = @pseudonym, token_id = '' WHERE organisation = @organisation AND subject = @subject",
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
            // Writes hold this lock shared until they are stored: what was begun before the person's tokens ended is waited for.
            var prelude = string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({dataset.Id})");
            found += await tables.EraseAsync(order, [PersonalRows.Of(dataset, roles: null)!, PersonalRows.EventsOf(dataset)], prelude, cancellationToken);
        }

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
        return datasets;
    }
}
