using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Audit;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;

namespace AiMesh.DataService.Audit;

/// <summary>
/// Aliases under which people stand in the audit chain, which can never forget (A10). An alias is a salted hash of organisation and id: who changes the
/// table cannot lay an access at another's door, and when the row is deleted the alias leads to nobody.
/// </summary>
internal static class AuditPeople
{
    public const string ErasedAction = "person.erased";

    private const int SaltLength = 16;
    private const int AliasLength = 24;

    /// <summary>The aliases of people, made where they are missing.</summary>
    public static async Task<Dictionary<string, string>> AliasesAsync(NpgsqlConnection connection, string organisation, IEnumerable<string> subjects, CancellationToken cancellationToken)
    {
        var wanted = subjects.Distinct(StringComparer.Ordinal).ToArray();
        var known = await FindAsync(connection, organisation, wanted, cancellationToken);
        var missing = wanted.Where(subject => !known.ContainsKey(subject)).ToArray();
        if (missing.Length == 0) return known;
        var salts = Array.ConvertAll(missing, static _ => RandomNumberGenerator.GetBytes(SaltLength));
        await using (var insert = new NpgsqlCommand(
            "INSERT INTO audit_people (organisation, subject, alias, salt) SELECT $1, p.subject, p.alias, p.salt FROM unnest($2, $3, $4) AS p (subject, alias, salt) ON CONFLICT DO NOTHING", connection)
        {
            Parameters =
            {
                new() { Value = organisation }, new() { Value = missing },
                new() { Value = missing.Select((subject, i) => AliasOf(organisation, subject, salts[i])).ToArray() }, new() { Value = salts },
            },
        })
        {
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        // Somebody else may have made one meanwhile.
        return await FindAsync(connection, organisation, wanted, cancellationToken);
    }

    /// <summary>Chains that the alias of a person leads to nobody from now on. Where this is not in the chain, a missing person is a fault.</summary>
    public static async Task ChainErasureAsync(NpgsqlDataSource owner, string organisation, string subject, CancellationToken cancellationToken)
    {
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await EnterAsync(connection, organisation, cancellationToken);
        if (!(await FindAsync(connection, organisation, [subject], cancellationToken)).TryGetValue(subject, out var alias)) return;
        await AuditChain.AppendAsync(connection, organisation, new AuditEntry(ErasedAction, Actor: null, alias), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What is wrong with the aliases, a line each.</summary>
    public static async Task<IReadOnlyList<string>> VerifyAsync(NpgsqlConnection connection)
    {
        var problems = new List<string>();
        await using (var select = new NpgsqlCommand("SELECT organisation, subject, alias, salt FROM audit_people ORDER BY organisation, alias", connection))
        await using (var reader = await select.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                if (AliasOf(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(3)) != reader.GetString(2))
                    problems.Add($"{reader.GetString(0)}: the person behind the alias {reader.GetString(2)} was changed");
            }
        }

        const string Gone =
            $"""
            SELECT e.organisation, e.actor, min(e.sequence)::text FROM audit_events e
            WHERE e.actor IS NOT NULL AND NOT EXISTS (SELECT FROM audit_people p WHERE p.organisation = e.organisation AND p.alias = e.actor)
            AND NOT EXISTS (SELECT FROM audit_events x WHERE x.organisation = e.organisation AND x.target = e.actor AND x.action = '{ErasedAction}')
            GROUP BY e.organisation, e.actor ORDER BY e.organisation, min(e.sequence)
            """;
        await using (var select = new NpgsqlCommand(Gone, connection) { CommandTimeout = 0 })
        await using (var reader = await select.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                problems.Add($"{reader.GetString(0)}: record {reader.GetString(2)} is of the alias {reader.GetString(1)}, whose person was removed without an erasure");
        }

        return problems;
    }

    /// <summary>Makes the rest of the transaction act within the organisation.</summary>
    public static async Task EnterAsync(NpgsqlConnection connection, string organisation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT set_config('{PolicySettings.Organisation}', $1, true)", connection) { Parameters = { new() { Value = organisation } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<Dictionary<string, string>> FindAsync(NpgsqlConnection connection, string organisation, string[] subjects, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand("SELECT subject, alias FROM audit_people WHERE organisation = $1 AND subject = ANY ($2)", connection)
        {
            Parameters = { new() { Value = organisation }, new() { Value = subjects } },
        };
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var aliases = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken)) aliases.Add(reader.GetString(0), reader.GetString(1));
        return aliases;
    }

    private static string AliasOf(string organisation, string subject, byte[] salt)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("aimesh audit alias 1"u8);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var bytes in (ReadOnlySpan<byte[]>)[Encoding.UTF8.GetBytes(organisation), Encoding.UTF8.GetBytes(subject), salt])
        {
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, AliasLength));
    }
}
