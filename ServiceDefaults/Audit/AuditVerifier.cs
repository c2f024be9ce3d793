using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>
/// Reads every chain from its first record and names the first that is broken: changed, missing, inserted, out of order, or unlike a
/// checkpoint.
/// </summary>
public static class AuditVerifier
{
    private const string Sql =
        """
        select organisation, sequence, at, actor, action, target, address, trace_id, detail::text, previous_hash, hash
        from audit_events order by organisation, sequence
        """;

    /// <summary>Verifies all chains that the connection may see, and those that checkpoints tell of.</summary>
    /// <param name="connection">Of a role that sees every organisation.</param>
    /// <param name="checkpoints">What is known to have been there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One finding a chain, in the order of organisations.</returns>
    public static async Task<IReadOnlyList<AuditFinding>> VerifyAsync(
        NpgsqlConnection connection, IEnumerable<AuditCheckpoint> checkpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(checkpoints);
        var expected = checkpoints.ToLookup(static checkpoint => checkpoint.Organisation, StringComparer.Ordinal);
        var walks = new Dictionary<string, ChainWalk>(StringComparer.Ordinal);
        await foreach (var (record, hash) in ReadAsync(connection, cancellationToken))
        {
            if (!walks.TryGetValue(record.Organisation, out var walk))
                walks[record.Organisation] = walk = new ChainWalk(record.Organisation, expected[record.Organisation]);
            walk.Take(record, hash);
        }

        foreach (var gone in expected.Where(chain => !walks.ContainsKey(chain.Key))) walks[gone.Key] = new ChainWalk(gone.Key, gone);
        return [.. walks.Values.OrderBy(static walk => walk.Organisation, StringComparer.Ordinal).Select(static walk => walk.End())];
    }

    private static async IAsyncEnumerable<(AuditRecord Record, byte[] Hash)> ReadAsync(
        NpgsqlConnection connection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var entry = new AuditEntry(reader.GetString(4), Text(reader, 3), Text(reader, 5))
            {
                Address = Text(reader, 6),
                TraceId = Text(reader, 7),
                Detail = DetailOf(reader.GetString(8)),
            };
            var at = new DateTimeOffset(reader.GetDateTime(2), TimeSpan.Zero);
            yield return (new AuditRecord(reader.GetString(0), reader.GetInt64(1), at, entry, reader.GetFieldValue<byte[]>(9)), reader.GetFieldValue<byte[]>(10));
        }
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Details that no writer wrote are no reason to stop reading: as they are, they do not give the hash.</summary>
    private static Dictionary<string, string> DetailOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return new Dictionary<string, string> { ["not an object"] = json };
        return document.RootElement.EnumerateObject().ToDictionary(
            static property => property.Name,
            static property => property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : $"not a string: {property.Value.GetRawText()}",
            StringComparer.Ordinal);
    }
}
