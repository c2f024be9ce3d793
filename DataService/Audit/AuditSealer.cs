using System.Globalization;
using AiMesh.ServiceDefaults.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Audit;

/// <summary>
/// Moves accesses from the inbox into the chain of their organisation: deleted there and appended here in one transaction, so each is chained exactly
/// once, whenever a process ends. Every replica has one; one at a time does the work.
/// </summary>
internal sealed class AuditSealer([FromKeyedServices(MeshDatabaseExtensions.OwnerKey)] NpgsqlDataSource owner, IOptions<AuditOptions> options)
{
    public const int BatchSize = 5000;

    private const string Lock = "hashtextextended('aimesh audit sealing', 0)";

    /// <summary>Chains all that is committed in the inbox.</summary>
    /// <param name="wait">Whether to wait where another replica is at it, so that all of it is chained afterwards.</param>
    /// <param name="cancellationToken">Leaves the rest where it is.</param>
    /// <returns>How many accesses.</returns>
    public async Task<int> SealAsync(bool wait, CancellationToken cancellationToken)
    {
        var sealedInAll = 0;
        while (true)
        {
            var sealedNow = await SealBatchAsync(wait, cancellationToken);
            sealedInAll += sealedNow;
            if (sealedNow < BatchSize) return sealedInAll;
        }
    }

    private async Task<int> SealBatchAsync(bool wait, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand(wait ? $"SELECT true FROM pg_advisory_xact_lock({Lock})" : $"SELECT pg_try_advisory_xact_lock({Lock})", connection))
        {
            if (await take.ExecuteScalarAsync(cancellationToken) is not true) return 0;
        }

        var accesses = await TakeAsync(connection, cancellationToken);
        foreach (var organisation in accesses.GroupBy(static access => access.Organisation, StringComparer.Ordinal).OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            await AuditPeople.EnterAsync(connection, organisation.Key, cancellationToken);
            var aliases = await AuditPeople.AliasesAsync(connection, organisation.Key, organisation.Select(static access => access.Subject), cancellationToken);
            await AuditChain.AppendAsync(connection, organisation.Key, [.. organisation.Select(access => access.ToEntry(aliases[access.Subject]))], cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return accesses.Count;
    }

    private async Task<List<Access>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH taken AS (
                DELETE FROM access_inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM access_inbox WHERE stream IS NULL OR at < clock_timestamp() - $1 LIMIT $2))
                RETURNING *)
            SELECT organisation, subject, token_id, dataset, dataset_id, action, item_count, rule, at FROM taken ORDER BY id
            """,
            connection)
        {
            Parameters = { new() { Value = options.Value.StreamPatience, NpgsqlDbType = NpgsqlDbType.Interval }, new() { Value = BatchSize } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accesses = new List<Access>();
        while (await reader.ReadAsync(cancellationToken))
        {
            accesses.Add(new Access(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetString(5),
                await reader.IsDBNullAsync(6, cancellationToken) ? null : reader.GetInt64(6), reader.GetString(7), reader.GetDateTime(8)));
        }

        return accesses;
    }

    private sealed record Access(
        string Organisation, string Subject, string TokenId, string Dataset, long DatasetId, string Action, long? Items, string Rule, DateTime At)
    {
        public AuditEntry ToEntry(string alias) => DatasetActs.Entry(alias, Dataset, DatasetId, Action, Items, Rule, TokenId, At);
    }
}

/// <summary>How an act on a dataset stands in the chain.</summary>
internal static class DatasetActs
{
    public static AuditEntry Entry(string alias, string dataset, long datasetId, string action, long? items, string rule, string tokenId, DateTime at)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["at"] = at.ToString("O", CultureInfo.InvariantCulture),
            ["dataset_id"] = datasetId.ToString(CultureInfo.InvariantCulture),
            ["rule"] = rule,
            ["token"] = tokenId,
        };
        if (items is { } count) detail["items"] = count.ToString(CultureInfo.InvariantCulture);
        return new AuditEntry($"data.{action}", alias, dataset) { Detail = detail };
    }
}
