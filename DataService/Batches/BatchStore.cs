using System.Globalization;
using System.Text;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Batches;

/// <summary>Reads and changes several items at once: all that were found as they were found, or none.</summary>
internal sealed class BatchStore(NpgsqlDataSource dataSource, EventHub events)
{
    /// <summary>The items that the caller may read, in no order, whole: also what the caller does not see.</summary>
    public async Task<List<EditedItem>> FindAsync(Principal principal, DatasetView view, string[] ids, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sql = $"""
            SELECT id, {view.VisibleFields(principal.Caller(), parameters)}, create_time, update_time, version, owner, fields FROM {view.Dataset.Table}
            WHERE id = ANY({parameters.Add(ids, PolicyType.TextList)}) AND {May(principal, view, Action.Read, parameters)}
            """;
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal, view.Dataset, writes: true));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var items = new List<EditedItem>(ids.Length);
        while (await reader.ReadAsync(cancellationToken))
            items.Add(new EditedItem(reader.GetString(0), reader.GetFieldValue<byte[]>(6), reader.GetString(5), reader.GetInt64(4), StoredItem.Read(reader, view)));
        return items;
    }

    /// <summary>What the caller sees of the items then; null where one is no longer as it was found, and nothing is changed.</summary>
    public Task<List<StoredItem>?> UpdateAsync(
        Principal principal, DatasetView view, IReadOnlyList<(EditedItem Item, byte[] Fields)> changes, DateTime now, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var wanted = $"{Wanted([.. changes.Select(c => c.Item)], parameters)}, {parameters.AddOther(changes.Select(c => Encoding.UTF8.GetString(c.Fields)).ToArray())}";
        var sql = $"""
            UPDATE {view.Dataset.Table} SET fields = wanted_fields::jsonb, version = version + 1, update_time = {parameters.AddOther(now)}
            FROM unnest({wanted}) AS wanted (wanted_id, wanted_version, wanted_fields)
            """;
        return ChangeAsync(principal, view, sql, "batch_update", Action.Update, [.. changes.Select(c => c.Item.Id)], parameters, cancellationToken);
    }

    /// <summary>Null where one is no longer as it was found, and nothing is changed.</summary>
    public Task<List<StoredItem>?> DeleteAsync(Principal principal, DatasetView view, IReadOnlyList<EditedItem> items, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sql = $"DELETE FROM {view.Dataset.Table} USING unnest({Wanted(items, parameters)}) AS wanted (wanted_id, wanted_version)";
        return ChangeAsync(principal, view, sql, "batch_delete", Action.Delete, [.. items.Select(item => item.Id)], parameters, cancellationToken);
    }

    private async Task<List<StoredItem>?> ChangeAsync(
        Principal principal, DatasetView view, string change, string name, Action action, string[] ids, SqlParameters parameters, CancellationToken cancellationToken)
    {
        var where = $"WHERE id = wanted_id AND version = wanted_version AND {May(principal, view, Action.Read, parameters)} AND {May(principal, view, action, parameters)}";
        var log = AccessLog.Insert(AccessEntry.Of(principal, view, name, action), "(SELECT count(*) FROM changed)", "", parameters);
        var command = RequestScope.Command($"WITH changed AS ({change} {where} RETURNING 1), logged AS ({log}) SELECT count(*) FROM changed", parameters);

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { RequestScope.Enter(principal, view.Dataset, writes: true), command, new PageQuery(view, principal) { Ids = ids, Limit = ids.Length }.Unlogged() },
        };
        var (changed, seen) = (0L, new List<StoredItem>(ids.Length));
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken)) changed = reader.GetInt64(0);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) seen.Add(StoredItem.Read(reader, view));
        }

        // Left uncommitted it is undone, the entry in the access log with it.
        if (changed != ids.Length) return null;
        await transaction.CommitAsync(cancellationToken);
        events.Written();
        return seen;
    }

    private static string Wanted(IEnumerable<EditedItem> items, SqlParameters parameters)
    {
        var ids = parameters.AddOther(items.Select(item => item.Id).ToArray());
        return $"{ids}, {parameters.AddOther(items.Select(item => item.Version.ToString(CultureInfo.InvariantCulture)).ToArray())}::bigint[]";
    }

    private static string May(Principal principal, DatasetView view, Action action, SqlParameters parameters) =>
        PolicySql.ForQuery(view.Condition(action), principal.Caller(), parameters);
}
