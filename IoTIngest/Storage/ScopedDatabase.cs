using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.IoTIngest.Storage;

/// <summary>
/// Statements on behalf of one organisation. It is <c>$1</c> in the text of each of them, and the setting that row-level security
/// reads; both go out in one round trip, which is one transaction.
/// </summary>
internal sealed class ScopedDatabase(NpgsqlDataSource dataSource)
{
    private const string SetOrganisation = $"SELECT set_config('{PolicySettings.Organisation}', $1, true)";

    /// <summary>The rows of one statement.</summary>
    /// <param name="organisation"><c>$1</c>.</param>
    /// <param name="sql">Must mention <c>$1</c>.</param>
    /// <param name="arguments"><c>$2</c> and on; null is NULL.</param>
    /// <param name="map">Makes a row of the reader's current record.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<List<T>> QueryAsync<T>(
        string organisation, string sql, object?[] arguments, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SetOrganisation) { Parameters = { new NpgsqlParameter<string> { TypedValue = organisation } } });
        var command = new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<string> { TypedValue = organisation } } };
        foreach (var argument in arguments)
            command.Parameters.Add(argument as NpgsqlParameter ?? new NpgsqlParameter { Value = argument ?? DBNull.Value });
        batch.BatchCommands.Add(command);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(map(reader));

        // An error of the second statement may stand behind its last row.
        await reader.NextResultAsync(cancellationToken);
        return rows;
    }

    /// <summary>The only row of one statement, or the default where there is none.</summary>
    public async Task<T?> QuerySingleAsync<T>(
        string organisation, string sql, object?[] arguments, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(organisation, sql, arguments, map, cancellationToken);
        return rows.Count == 0 ? default : rows[0];
    }
}
