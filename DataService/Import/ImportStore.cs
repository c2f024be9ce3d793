using System.Text;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Import;

/// <summary>
/// Stores many items in one transaction, through row-level security. Not by COPY, which PostgreSQL refuses on tables with row-level
/// security, but by arrays: about as fast at this size.
/// </summary>
internal sealed class ImportStore(NpgsqlDataSource dataSource, EventHub events, DocumentEdits documents, TimeProvider clock)
{
    private const int ChunkSize = 1000;
    private const string Select = "SELECT item.id, item.fields::jsonb, $3, $4, $4 FROM unnest($1, $2) AS item (id, fields) ON CONFLICT DO NOTHING";

    /// <returns>Rows whose id is taken: not stored, and where it is all or nothing neither is any other.</returns>
    public async Task<List<ImportRow>> InsertAsync(Principal principal, DatasetView view, List<ImportRow> rows, ImportOrder order, CancellationToken cancellationToken)
    {
        if (view.Dataset.IsElsewhere) return await documents.ImportAsync(principal, view, rows, clock.GetUtcNow().UtcDateTime, order, cancellationToken);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var enter = new NpgsqlBatch(connection, transaction) { BatchCommands = { RequestScope.Enter(principal, view.Dataset, writes: true) } })
        {
            await enter.ExecuteNonQueryAsync(cancellationToken);
        }

        var taken = new List<ImportRow>();
        var (now, done) = (clock.GetUtcNow().UtcDateTime, 0);
        foreach (var chunk in rows.Chunk(ChunkSize))
        {
            await order.Report(done);
            done += chunk.Length;
            if (order.HasGivenIds) await transaction.SaveAsync("chunk", cancellationToken);
            if (await InsertAsync(transaction, [chunk], principal, view, now, cancellationToken) is [var count] && count == chunk.Length) continue;

            // An id of ours that is taken is no fault of the caller's, and no place to go back to was made for it.
            if (!order.HasGivenIds) throw new InvalidOperationException("A chosen id was taken.");

            // Which rows it was, only one statement a row can tell.
            await transaction.RollbackAsync("chunk", cancellationToken);
            var counts = await InsertAsync(transaction, [.. chunk.Select(row => new[] { row })], principal, view, now, cancellationToken);
            taken.AddRange(chunk.Where((_, i) => counts[i] == 0));
        }

        await order.Report(done);
        if (order.IsDryRun || (order.IsAllOrNothing && taken.Count > 0)) return taken;
        var parameters = new SqlParameters();
        var number = parameters.Add((long)rows.Count - taken.Count, PolicyType.WholeNumber);
        await using var log = new NpgsqlBatch(connection, transaction);
        log.BatchCommands.Add(RequestScope.Command(AccessLog.Insert(AccessEntry.Of(principal, view, order.Action, Action.Create), number, "", parameters), parameters));
        await log.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        events.Written();
        return taken;
    }

    private static async Task<List<int>> InsertAsync(
        NpgsqlTransaction transaction, IReadOnlyList<ImportRow[]> chunks, Principal principal, DatasetView view, DateTime now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction);
        foreach (var chunk in chunks)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"INSERT INTO {view.Dataset.Table} (id, fields, owner, create_time, update_time) {Select}")
            {
                Parameters =
                {
                    new NpgsqlParameter<string[]> { TypedValue = [.. chunk.Select(row => row.Id)] },
                    new NpgsqlParameter<string[]> { TypedValue = [.. chunk.Select(row => Encoding.UTF8.GetString(row.Json))] },
                    new NpgsqlParameter<string> { TypedValue = principal.Subject },
                    new NpgsqlParameter<DateTime> { TypedValue = now },
                },
            });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        return [.. batch.BatchCommands.Cast<NpgsqlBatchCommand>().Select(command => command.RecordsAffected)];
    }
}
