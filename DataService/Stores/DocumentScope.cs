using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Stores;

/// <summary>
/// What the database does for items that are elsewhere: it says whether the definition is still the one that the service works with, holds redefinitions off while
/// something is written, and keeps the access log and the ids of requests.
/// </summary>
internal sealed class DocumentScope(NpgsqlDataSource dataSource, AccessLog accessLog)
{
    /// <summary>Fails as <see cref="RequestScope"/> says where the definition is another one by now.</summary>
    public async Task CheckAsync(Principal principal, CompiledDataset dataset, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.EnterElsewhere(principal, dataset, writes: false));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Records a read, after it, where the definition is still the same: what was read under an old one is not answered.</summary>
    public async Task RecordAsync(AccessEntry entry, CompiledDataset dataset, long count, CancellationToken cancellationToken)
    {
        var parameters = new SqlParameters();
        var sql = AccessLog.Insert(entry, parameters.Add(count, PolicyType.WholeNumber), "", parameters);
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.EnterElsewhere(entry.Principal, dataset, writes: false));
        batch.BatchCommands.Add(RequestScope.Command(sql, parameters));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Writes while no redefinition can happen. The entry of the access log comes first and stays: a process that ends in between leaves an entry without a change, never
    /// a change without an entry.
    /// </summary>
    public async Task<T> WriteAsync<T>(AccessEntry entry, CompiledDataset dataset, long count, Func<Task<T>> write, CancellationToken cancellationToken)
    {
        var enter = RequestScope.EnterElsewhere(entry.Principal, dataset, writes: true);
        await accessLog.WriteAsync(entry, count, cancellationToken);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The database hears nothing while the other store writes, which may take long; with the transaction the lock would end.
        await using (var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { enter, new NpgsqlBatchCommand("SET LOCAL idle_in_transaction_session_timeout = '15min'") } })
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        return await write();
    }

    /// <summary>Gives the item of a request its id: the same for each time that the request comes within a day.</summary>
    public async Task<(string Id, bool IsNew)> ClaimAsync(Principal principal, CompiledDataset dataset, Guid requestId, string id, DateTime now, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.EnterElsewhere(principal, dataset, writes: true));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            INSERT INTO create_requests AS known (dataset_id, organisation, subject, request_id, item_id, create_time) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (dataset_id, subject, request_id) DO UPDATE SET
                item_id = CASE WHEN known.create_time < excluded.create_time - interval '1 day' THEN excluded.item_id ELSE known.item_id END,
                create_time = CASE WHEN known.create_time < excluded.create_time - interval '1 day' THEN excluded.create_time ELSE known.create_time END
            RETURNING item_id
            """)
        {
            Parameters =
            {
                new() { Value = dataset.Id }, new() { Value = principal.Organisation }, new() { Value = principal.Subject }, new() { Value = requestId }, new() { Value = id }, new() { Value = now },
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var claimed = reader.GetString(0);
        return (claimed, claimed == id);
    }

    /// <summary>The id that <see cref="ClaimAsync"/> gave.</summary>
    public async Task<string?> FindClaimedAsync(Principal principal, CompiledDataset dataset, Guid requestId, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(RequestScope.EnterElsewhere(principal, dataset, writes: false));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT item_id FROM create_requests WHERE dataset_id = $1 AND subject = $2 AND request_id = $3")
        {
            Parameters = { new() { Value = dataset.Id }, new() { Value = principal.Subject }, new() { Value = requestId } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null;
    }
}
