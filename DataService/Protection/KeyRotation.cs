using System.Globalization;
using System.Text;
using AiMesh.DataService.Audit;
using AiMesh.DataService.Datasets;
using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Policy;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Protection;

/// <summary>
/// Changes the keys that fields are encrypted under while everybody reads and writes on. A new key makes every dataset that needs it a new version, so no replica writes under
/// an older one once it has read anything; then stored values are encrypted anew, a few rows a transaction. How far that has come stands in the rows themselves: whoever
/// begins again goes on.
/// </summary>
internal sealed partial class KeyRotation([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, KeyStore keys, ILogger<KeyRotation> logger)
{
    private const int BatchSize = 200;
    private const string Encrypts = "definition @? '$.fields[*] ? (@.encrypted == true)'";

    /// <summary>Adds a key where the newest is older than that.</summary>
    /// <returns>How many organisations got one.</returns>
    public async Task<int> RotateAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var due = await ListAsync(
            "SELECT organisation FROM organisation_keys WHERE purpose = $1 GROUP BY organisation HAVING max(create_time) < clock_timestamp() - $2 ORDER BY 1",
            cancellationToken, new() { Value = KeyStore.FieldPurpose }, new() { Value = lifetime, NpgsqlDbType = NpgsqlDbType.Interval });
        foreach (var organisation in due)
        {
            await using var connection = await owner.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await AuditPeople.EnterAsync(connection, organisation, cancellationToken);
            var version = await keys.AddFieldKeyAsync(connection, organisation, cancellationToken);
            await using (var renew = new NpgsqlCommand($"UPDATE datasets SET version = version + 1 WHERE organisation = $1 AND {Encrypts}", connection) { Parameters = { new() { Value = organisation } } })
                await renew.ExecuteNonQueryAsync(cancellationToken);
            await AuditChain.AppendAsync(connection, organisation, new AuditEntry("key.added", Actor: null, version.ToString(CultureInfo.InvariantCulture)), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return due.Count;
    }

    /// <summary>Encrypts everything under the newest keys that is under older ones.</summary>
    /// <returns>How many rows.</returns>
    public async Task<long> ReencryptAsync(CancellationToken cancellationToken)
    {
        var organisations = await ListAsync(
            """
            SELECT DISTINCT k.organisation FROM organisation_keys k WHERE k.purpose = $1 AND k.retire_time IS NULL
            AND EXISTS (SELECT FROM organisation_keys n WHERE n.organisation = k.organisation AND n.purpose = k.purpose AND n.version > k.version) ORDER BY 1
            """,
            cancellationToken, new NpgsqlParameter { Value = KeyStore.FieldPurpose });
        var rows = 0L;
        foreach (var organisation in organisations)
        {
            var known = await keys.GetAsync(organisation, cancellationToken);
            var broken = 0L;
            foreach (var dataset in await DatasetsAsync(organisation, cancellationToken))
            {
                for (var pass = new Pass("", 0, 0, HasMore: true); pass.HasMore;)
                {
                    pass = await ReencryptAsync(organisation, dataset, known, pass.Last, cancellationToken);
                    (rows, broken) = (rows + pass.Renewed, broken + pass.Broken);
                }
            }

            // What was tampered with stays as it is, and so does its key.
            if (broken > 0) Log.Broken(logger, broken, organisation);
            else await RetireAsync(organisation, known.CurrentVersion, cancellationToken);
        }

        return rows;
    }

    private async Task<Pass> ReencryptAsync(string organisation, long id, OrganisationKeys known, string after, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AuditPeople.EnterAsync(connection, organisation, cancellationToken);

        // As writes do: a redefinition waits, and is waited for.
        await using (var share = new NpgsqlCommand("SELECT pg_advisory_xact_lock_shared($1)", connection) { Parameters = { new() { Value = id } } }) await share.ExecuteNonQueryAsync(cancellationToken);
        var dataset = await FindAsync(connection, id, cancellationToken);
        if (dataset is null || dataset.Encrypted.Count == 0) return new Pass(after, 0, 0, HasMore: false);
        dataset.Keys = known;
        var stale = string.Join(" OR ", dataset.Encrypted.Keys.Select(name => $"(fields -> {SqlText.Quote(name)} ->> '{SealedValue.KeyName}')::int < $1"));
        var (ids, documents, last, broken) = (new List<string>(), new List<string>(), after, 0);
        await using (var select = new NpgsqlCommand($"SELECT id, fields FROM {dataset.Table} WHERE id > $2 AND ({stale}) ORDER BY id LIMIT {BatchSize} FOR UPDATE", connection) { Parameters = { new() { Value = known.CurrentVersion }, new() { Value = after } } })
        await using (var reader = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                last = reader.GetString(0);
                try
                {
                    documents.Add(Renew(dataset, last, reader.GetFieldValue<byte[]>(1)));
                    ids.Add(last);
                }
                catch (TamperedValueException)
                {
                    broken++;
                }
            }
        }

        // Neither the version nor the time of the change: nothing that anybody sees has changed.
        await using (var update = new NpgsqlCommand($"UPDATE {dataset.Table} AS item SET fields = renewed.fields::jsonb FROM unnest($1, $2) AS renewed (id, fields) WHERE item.id = renewed.id", connection)
        {
            Parameters = { new() { Value = ids.ToArray() }, new() { Value = documents.ToArray() } },
        })
        {
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new Pass(last, ids.Count, broken, ids.Count + broken == BatchSize);
    }

    private static string Renew(CompiledDataset dataset, string item, byte[] fields)
    {
        var values = ItemValues.ReadStored(fields, dataset);
        var cipher = dataset.Cipher;
        foreach (var name in dataset.Encrypted.Keys)
        {
            if (values.TryGetValue(name, out var value) && value is SealedValue old && old.Key < cipher.CurrentVersion) values[name] = cipher.Renew(name, item, old);
        }

        return Encoding.UTF8.GetString(ItemValues.Write(values));
    }

    private static async Task<CompiledDataset?> FindAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand($"SELECT {DatasetStore.Columns} FROM datasets WHERE id = $1", connection) { Parameters = { new() { Value = id } } };
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? DatasetStore.Read(reader) : null;
    }

    private async Task<List<long>> DatasetsAsync(string organisation, CancellationToken cancellationToken)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)") { Parameters = { new() { Value = organisation } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT id FROM datasets WHERE organisation = $1 AND {Encrypts} ORDER BY id") { Parameters = { new() { Value = organisation } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var ids = new List<long>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetInt64(0));
        return ids;
    }

    private async Task RetireAsync(string organisation, int current, CancellationToken cancellationToken)
    {
        await using var command = owner.CreateCommand("UPDATE organisation_keys SET retire_time = clock_timestamp() WHERE organisation = $1 AND purpose = $2 AND version < $3 AND retire_time IS NULL");
        foreach (object value in (ReadOnlySpan<object>)[organisation, KeyStore.FieldPurpose, current]) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<string>> ListAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = owner.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var values = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) values.Add(reader.GetString(0));
        return values;
    }

    /// <param name="Last">Id of the last row that was looked at.</param>
    /// <param name="Renewed">Rows that were encrypted anew.</param>
    /// <param name="Broken">Rows with values that cannot be opened.</param>
    /// <param name="HasMore">There may be more rows behind it.</param>
    private sealed record Pass(string Last, int Renewed, int Broken, bool HasMore);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Count} items of {Organisation} have encrypted values that were tampered with; they stay under their key")]
        public static partial void Broken(ILogger logger, long count, string organisation);
    }
}
