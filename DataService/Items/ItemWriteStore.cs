using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Events;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Items;

/// <summary>An item that is about to be changed: all of it, also what the caller does not see.</summary>
internal sealed record EditedItem(string Id, byte[] Fields, string Owner, long Version, StoredItem Seen)
{
    /// <summary>In another store than the database: <see cref="Document.Tag"/>.</summary>
    public string Tag { get; init; } = "";
}

/// <summary>Changes items. Every change is one round trip: who asks, the change with its entry in the access log, and what the caller sees then.</summary>
internal sealed class ItemWriteStore(NpgsqlDataSource dataSource, EventHub events, DocumentEdits documents, DocumentScope scope)
{
    /// <summary>The item, where the caller may read it.</summary>
    public async Task<EditedItem?> FindAsync(Principal principal, DatasetView view, string id, CancellationToken cancellationToken)
    {
        if (view.Dataset.IsElsewhere) return await documents.FindAsync(principal, view, id, cancellationToken);
        var parameters = new SqlParameters();
        var sql = $"SELECT id, {view.VisibleFields(principal.Caller(), parameters)}, create_time, update_time, version, owner, fields FROM {view.Dataset.Table} WHERE id = {parameters.Add(id, PolicyType.Text)} AND {May(principal, view, Action.Read, parameters)}";
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal, view.Dataset, writes: true));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new EditedItem(id, reader.GetFieldValue<byte[]>(6), reader.GetString(5), reader.GetInt64(4), StoredItem.Read(reader, view))
            : null;
    }

    /// <summary>False where an item was already created by this request; then its id is <see cref="FindCreatedAsync"/>'s.</summary>
    public async Task<(bool Created, StoredItem? Seen)> CreateAsync(
        Principal principal, DatasetView view, string id, byte[] fields, Guid? requestId, DateTime now, CancellationToken cancellationToken)
    {
        if (view.Dataset.IsElsewhere) return await documents.CreateAsync(principal, view, id, fields, requestId, now, cancellationToken);
        var parameters = new SqlParameters();
        var item = parameters.Add(id, PolicyType.Text);
        var subject = parameters.Add(principal.Subject, PolicyType.Text);
        var (time, json) = (parameters.AddOther(now), parameters.AddOther(new Jsonb(fields)));
        var created = $"INSERT INTO {view.Dataset.Table} (id, fields, owner, create_time, update_time) SELECT {item}, {json}, {subject}, {time}, {time}";
        var log = AccessEntry.Of(principal, view, "create", Action.Create);
        string sql;
        if (requestId is { } request)
        {
            // A request of yesterday counts as new, whether or not it was cleared away since.
            var claimed = $"""
                INSERT INTO create_requests AS known (dataset_id, organisation, subject, request_id, item_id, create_time)
                VALUES ({parameters.Add(view.Dataset.Id, PolicyType.WholeNumber)}, {parameters.Add(principal.Organisation, PolicyType.Text)}, {subject}, {parameters.AddOther(request)}, {item}, {time})
                ON CONFLICT (dataset_id, subject, request_id) DO UPDATE SET item_id = excluded.item_id, create_time = excluded.create_time
                WHERE known.create_time < excluded.create_time - interval '1 day' RETURNING 1
                """;
            const string New = "WHERE EXISTS (SELECT FROM claimed)";
            sql = $"WITH claimed AS ({claimed}), created AS ({created} {New}) {AccessLog.Insert(log, "1", New, parameters)}";
        }
        else
        {
            sql = $"WITH created AS ({created}) {AccessLog.Insert(log, "1", "", parameters)}";
        }

        return await ChangeAsync(principal, view, id, sql, parameters, cancellationToken);
    }

    public async Task<string?> FindCreatedAsync(Principal principal, DatasetView view, Guid requestId, CancellationToken cancellationToken)
    {
        if (view.Dataset.IsElsewhere) return await scope.FindClaimedAsync(principal, view.Dataset, requestId, cancellationToken);
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal, view.Dataset, writes: false));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT item_id FROM create_requests WHERE dataset_id = $1 AND subject = $2 AND request_id = $3")
        {
            Parameters = { new() { Value = view.Dataset.Id }, new() { Value = principal.Subject }, new() { Value = requestId } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null;
    }

    /// <summary>False where the item is no longer as it was found.</summary>
    public Task<(bool Changed, StoredItem? Seen)> UpdateAsync(
        Principal principal, DatasetView view, EditedItem item, byte[] fields, DateTime now, CancellationToken cancellationToken)
    {
        if (view.Dataset.IsElsewhere) return documents.UpdateAsync(principal, view, item, fields, now, cancellationToken);
        var parameters = new SqlParameters();
        var set = $"SET fields = {parameters.AddOther(new Jsonb(fields))}, version = version + 1, update_time = {parameters.AddOther(now)}";
        return ChangeAsync(principal, view, $"UPDATE {view.Dataset.Table} {set}", item, "update", Action.Update, parameters, cancellationToken);
    }

    /// <summary>False where the item is no longer as it was found.</summary>
    public async Task<bool> DeleteAsync(Principal principal, DatasetView view, EditedItem item, CancellationToken cancellationToken) => view.Dataset.IsElsewhere
        ? await documents.DeleteAsync(principal, view, item, cancellationToken)
        : (await ChangeAsync(principal, view, $"DELETE FROM {view.Dataset.Table}", item, "delete", Action.Delete, new SqlParameters(), cancellationToken)).Changed;

    private Task<(bool Changed, StoredItem? Seen)> ChangeAsync(
        Principal principal, DatasetView view, string change, EditedItem item, string name, Action action, SqlParameters parameters, CancellationToken cancellationToken)
    {
        var where = $"""
            WHERE id = {parameters.Add(item.Id, PolicyType.Text)} AND version = {parameters.Add(item.Version, PolicyType.WholeNumber)}
            AND {May(principal, view, Action.Read, parameters)} AND {May(principal, view, action, parameters)}
            """;
        var log = AccessLog.Insert(AccessEntry.Of(principal, view, name, action), "1", "FROM changed", parameters);
        return ChangeAsync(principal, view, item.Id, $"WITH changed AS ({change} {where} RETURNING 1) {log}", parameters, cancellationToken);
    }

    // The statement adds one entry to the access log exactly where it changed something.
    private async Task<(bool Changed, StoredItem? Seen)> ChangeAsync(
        Principal principal, DatasetView view, string id, string sql, SqlParameters parameters, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        var change = RequestScope.Command(sql, parameters);
        batch.BatchCommands.Add(RequestScope.Enter(principal, view.Dataset, writes: true));
        batch.BatchCommands.Add(change);
        batch.BatchCommands.Add(new PageQuery(view, principal) { Id = id }.Unlogged());
        StoredItem? seen = null;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken)) seen = StoredItem.Read(reader, view);
        }

        if (change.RecordsAffected == 1) events.Written();
        return (change.RecordsAffected == 1, seen);
    }

    private static string May(Principal principal, DatasetView view, Action action, SqlParameters parameters) =>
        PolicySql.ForQuery(view.Condition(action), principal.Caller(), parameters);
}
