using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>Applies what was not applied yet, as the owner, each file in a transaction of its own. The caller holds the lock.</summary>
internal sealed partial class MigrationRunner(DatabaseRoles roles, ILogger<MigrationRunner> logger)
{
    private const string CreateTable =
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now())
        """;

    public async Task RunAsync(NpgsqlConnection connection, ImmutableArray<Migration> migrations, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SET ROLE {DatabaseRoles.Quote(roles.Owner)}", cancellationToken);
        await ExecuteAsync(connection, CreateTable, cancellationToken);
        var applied = await ReadAppliedAsync(connection, cancellationToken);
        Compare(migrations, applied);

        foreach (var migration in migrations.Where(migration => !applied.ContainsKey(migration.Number)))
            await ApplyAsync(connection, migration, cancellationToken);
        await ExecuteAsync(connection, "RESET ROLE", cancellationToken);
    }

    /// <summary>What was applied must still be here, unchanged; and nothing new may stand before it.</summary>
    private void Compare(ImmutableArray<Migration> migrations, Dictionary<int, (string Name, string Checksum)> applied)
    {
        List<string> problems = [];
        var known = migrations.ToDictionary(static migration => migration.Number);
        foreach (var (number, (name, checksum)) in applied.OrderBy(static entry => entry.Key))
        {
            if (!known.TryGetValue(number, out var migration)) problems.Add($"{number:0000}_{name} was applied but is not part of this build");
            else if (migration.Checksum != checksum) problems.Add($"{migration.Label} was changed after it was applied");
        }

        var last = applied.Count == 0 ? 0 : applied.Keys.Max();
        foreach (var late in migrations.Where(migration => migration.Number < last && !applied.ContainsKey(migration.Number)))
            problems.Add($"{late.Label} is new but numbered before what was applied already");

        if (problems.Count > 0)
            throw new InvalidOperationException($"The migrations of this build do not fit the database '{roles.Database}': {string.Join("; ", problems)}.");
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await ExecuteAsync(connection, migration.SqlFor(roles), cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw new InvalidOperationException($"The migration {migration.Label} failed on '{roles.Database}': {exception.MessageText}", exception);
        }

        await using var record = new NpgsqlCommand("INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Applied(logger, migration.Label, roles.Database);
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT number, name, checksum FROM schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new Dictionary<int, (string, string)>();
        while (await reader.ReadAsync(cancellationToken)) applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A migration may rewrite large tables.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Applied migration {Migration} to {Database}")]
        public static partial void Applied(ILogger logger, string migration, string database);
    }
}
