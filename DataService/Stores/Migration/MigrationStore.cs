using AiMesh.DataService.Datasets;
using Microsoft.Extensions.Hosting;
using Npgsql;
using State = AiMesh.Data.V1.DatasetMigration.Types.State;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>
/// Keeps the moves of datasets. Every step says which state it leaves; where somebody else (a caller who cancels, another replica) was faster, it changes nothing.
/// </summary>
internal sealed class MigrationStore([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner)
{
    private const string Columns =
        "dataset_id, organisation, source, target, state, total, bytes, checksum, copied, copied_to, failure, trouble, start_time, update_time, end_time";

    public static string Text(State state) => state.ToString().ToLowerInvariant();

    /// <summary>Whether the dataset is being moved, or its old store not yet emptied.</summary>
    public static async Task<bool> IsUnderWayAsync(OwnerSession session, long datasetId, CancellationToken cancellationToken)
    {
        await using var command = session.Command("SELECT EXISTS (SELECT FROM dataset_migrations WHERE dataset_id = $1 AND end_time IS NULL)", datasetId);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Adds a move, in the place of an earlier one.</summary>
    public static async Task BeginAsync(OwnerSession session, CompiledDataset dataset, string target, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(FormattableString.Invariant($"DELETE FROM dataset_migrations WHERE dataset_id = {dataset.Id}"), cancellationToken);
        await using var insert = session.Command(
            "INSERT INTO dataset_migrations (dataset_id, organisation, source, target, state) VALUES ($1, $2, $3, $4, $5)",
            dataset.Id, dataset.Organisation, dataset.Definition.Store, target, Text(State.Measuring));
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes the move from one state to the next within a transaction that holds its row until then; false where it is in another state.</summary>
    public static async Task<bool> AdvanceAsync(OwnerSession session, long datasetId, State from, State to, CancellationToken cancellationToken)
    {
        await using var update = session.Command(
            $"UPDATE dataset_migrations SET state = $3, trouble = '', update_time = clock_timestamp(), end_time = {End(to)} WHERE dataset_id = $1 AND state = $2",
            datasetId, Text(from), Text(to));
        return await update.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Moves that have not ended, of all organisations.</summary>
    public Task<List<MigrationRow>> UnfinishedAsync(CancellationToken cancellationToken) => ReadAsync("end_time IS NULL ORDER BY start_time", cancellationToken);

    public async Task<MigrationRow?> FindAsync(string organisation, long datasetId, CancellationToken cancellationToken) =>
        (await ReadAsync("organisation = $1 AND dataset_id = $2", cancellationToken, organisation, datasetId)).FirstOrDefault();

    public Task<bool> MeasuredAsync(MigrationRow row, StoreDigest digest, CancellationToken cancellationToken) => ExecuteAsync(
        "state = $3, total = $4, bytes = $5, checksum = $6", row, cancellationToken, Text(State.Copying), digest.Count, digest.Bytes, digest.Checksum);

    public Task<bool> CopiedAllAsync(MigrationRow row, CancellationToken cancellationToken) => ExecuteAsync("state = $3", row, cancellationToken, Text(State.Verifying));

    /// <summary>Gives the move up; without a reason because somebody asked for it.</summary>
    public Task<bool> UndoAsync(MigrationRow row, string failure, CancellationToken cancellationToken) =>
        ExecuteAsync("state = $3, failure = $4", row, cancellationToken, Text(State.Undoing), failure);

    public async Task TroubleAsync(long datasetId, string trouble, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand("UPDATE dataset_migrations SET trouble = $2 WHERE dataset_id = $1 AND end_time IS NULL AND trouble <> $2");
        foreach (object value in (ReadOnlySpan<object>)[datasetId, trouble]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string End(State state) => state is State.Done or State.Cancelled or State.Failed ? "clock_timestamp()" : "NULL";

    private async Task<bool> ExecuteAsync(string set, MigrationRow row, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = owner.CreateCommand($"UPDATE dataset_migrations SET {set}, trouble = '', update_time = clock_timestamp() WHERE dataset_id = $1 AND state = $2");
        foreach (var value in (object[])[row.DatasetId, Text(row.State), .. values]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<List<MigrationRow>> ReadAsync(string where, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = owner.CreateCommand($"SELECT {Columns} FROM dataset_migrations WHERE {where}");
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<MigrationRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new MigrationRow(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), Enum.Parse<State>(reader.GetString(4), ignoreCase: true))
            {
                Total = reader.GetInt64(5),
                Bytes = reader.GetInt64(6),
                Checksum = reader.GetString(7),
                Copied = reader.GetInt64(8),
                CopiedTo = reader.GetString(9),
                Failure = reader.GetString(10),
                Trouble = reader.GetString(11),
                StartTime = reader.GetDateTime(12),
                UpdateTime = reader.GetDateTime(13),
                EndTime = await reader.IsDBNullAsync(14, cancellationToken) ? null : reader.GetDateTime(14),
            });
        }

        return rows;
    }
}
