using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using NpgsqlTypes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Events;

/// <summary>Publishes and reads events. The migration says how positions come about and why nobody can miss one.</summary>
internal sealed class EventStore(NpgsqlDataSource dataSource)
{
    private const int MaxRows = 200;
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Gives what is committed its position; the answer is the last one. What is committed before the call is at or below it.</summary>
    public async Task<long> PublishAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT publish_events()");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Which datasets changed after a position, and whether that is still known.</summary>
    public async Task<(List<ChangedDataset> Datasets, bool Known)> ChangedAfterAsync(long position, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT organisation, dataset, position FROM changed_datasets($1)") { Parameters = { new NpgsqlParameter<long> { TypedValue = position } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT trimmed FROM event_state"));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var datasets = new List<ChangedDataset>();
        while (await reader.ReadAsync(cancellationToken)) datasets.Add(new ChangedDataset(reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (datasets, reader.GetInt64(0) <= position);
    }

    public async Task<long> TrimAsync(TimeSpan maxAge, long maxCount, long maxWaiting, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT trim_events($1, $2, $3)");
        command.Parameters.Add(new NpgsqlParameter { Value = maxAge, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = maxCount });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = maxWaiting });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The next events of a dataset as the caller sees them; null where some are not kept any more.</summary>
    public async Task<EventPage?> ReadAsync(Principal principal, DatasetView view, PolicyExpression filter, long after, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sight = new EventSight(view, principal, filter);
        var sql = $"""
            SELECT l.position, e.item_id, e.before, e.before_owner, e.after, e.after_owner,
                {sight.Holds("before", parameters)}, {sight.Holds("after", parameters)}, {sight.Visible("before", parameters)}, {sight.Visible("after", parameters)},
                e.create_time, e.update_time, e.version
            FROM event_log l JOIN events e ON e.id = l.event_id
            WHERE l.organisation = {parameters.Add(principal.Organisation, PolicyType.Text)} AND l.dataset_id = {parameters.Add(view.Dataset.Id, PolicyType.WholeNumber)}
            AND l.position > {parameters.Add(after, PolicyType.WholeNumber)} ORDER BY l.position LIMIT {parameters.Add((long)MaxRows, PolicyType.WholeNumber)}
            """;
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.Enter(principal, view.Dataset, writes: false));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));

        // After the read: what was removed during it counts as well.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT trimmed FROM event_state"));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var (changes, position, rows, bytes) = (new List<SeenChange>(), after, 0, 0);
        while (bytes < MaxBytes && await reader.ReadAsync(cancellationToken))
        {
            rows++;
            position = reader.GetInt64(0);
            if (await reader.IsDBNullAsync(1, cancellationToken)) continue;
            var (before, now) = (RowImage.Read(reader, 2), RowImage.Read(reader, 4));
            bytes += (before?.Fields.Length ?? 0) + (now?.Fields.Length ?? 0);

            // Rules in the query and in memory say the same; each holds where the other has a fault.
            var was = reader.GetBoolean(6) && sight.Holds(before);
            var isNow = reader.GetBoolean(7) && sight.Holds(now);
            if (!was && !isNow) continue;
            if (!isNow)
            {
                changes.Add(new SeenChange(position, reader.GetString(1), true, null));
                continue;
            }

            var (visibleBefore, visible) = (was ? view.Reveal(reader.GetString(1), reader.GetFieldValue<byte[]>(8)) : null, view.Reveal(reader.GetString(1), reader.GetFieldValue<byte[]>(9)));
            if (was && !view.SeesAll && visible.AsSpan().SequenceEqual(visibleBefore)) continue;
            changes.Add(new SeenChange(position, reader.GetString(1), was, new StoredItem(reader.GetString(1), visible, reader.GetDateTime(10), reader.GetDateTime(11), reader.GetInt64(12))));
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0) > after ? null : new EventPage(changes, position, rows == MaxRows || bytes >= MaxBytes);
    }
}

/// <summary>A dataset and the position of its last change.</summary>
internal sealed record ChangedDataset(string Organisation, string Dataset, long Position);

/// <param name="Changes">What the caller sees.</param>
/// <param name="Position">Of the last event that was read, seen or not.</param>
/// <param name="HasMore">There may be more to read at once.</param>
internal sealed record EventPage(IReadOnlyList<SeenChange> Changes, long Position, bool HasMore);

/// <param name="Position">Of the event.</param>
/// <param name="ItemId">Whose.</param>
/// <param name="WasSeen">The caller saw the item before.</param>
/// <param name="Now">What they see now; null: nothing.</param>
internal sealed record SeenChange(long Position, string ItemId, bool WasSeen, StoredItem? Now);

/// <summary>A row before or after an event, also what the subscriber does not see.</summary>
internal sealed record RowImage(byte[] Fields, string Owner)
{
    public static RowImage? Read(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : new RowImage(reader.GetFieldValue<byte[]>(column), reader.GetString(column + 1));
}

/// <summary>Whether a subscriber sees a row that an event tells of: as SQL and in memory.</summary>
internal sealed class EventSight(DatasetView view, Principal principal, PolicyExpression filter)
{
    private readonly PolicyCaller _caller = principal.Caller();

    public string Holds(string image, SqlParameters parameters) => $"""
        coalesce((SELECT ({PolicySql.ForQuery(view.Condition(Action.Read), _caller, parameters)}) AND ({PolicySql.ForQuery(filter, _caller, parameters)})
        FROM (SELECT e.{image} AS fields, e.{image}_owner AS owner) AS image WHERE e.{image} IS NOT NULL), false)
        """;

    public string Visible(string image, SqlParameters parameters) =>
        $"(SELECT {view.VisibleFields(_caller, parameters)} FROM (SELECT e.{image} AS fields, e.{image}_owner AS owner) AS image WHERE e.{image} IS NOT NULL)";

    public bool Holds(RowImage? image)
    {
        if (image is null) return false;
        var row = new PolicyRow(ItemValues.ReadStored(image.Fields, view.Dataset), image.Owner);
        return PolicyEvaluator.Matches(view.Condition(Action.Read), row, _caller) && PolicyEvaluator.Matches(filter, row, _caller);
    }
}
