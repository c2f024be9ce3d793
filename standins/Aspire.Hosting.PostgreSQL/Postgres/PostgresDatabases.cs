using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Aspire.Hosting.Postgres;

/// <summary>Creates the databases that the application names.</summary>
internal static class PostgresDatabases
{
    public static async Task CreateMissingAsync(PostgresServerResource server, IEnumerable<IResource> resources, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await server.GetConnectionStringAsync(cancellationToken) + ";Database=postgres;Pooling=false");
        await connection.OpenAsync(cancellationToken);
        foreach (var database in resources.OfType<PostgresDatabaseResource>().Where(database => database.Parent == server))
        {
            if (await ExistsAsync(connection, database.DatabaseName, cancellationToken))
                continue;

            var sql = database.TryGetLastAnnotation<CreationScript>(out var script)
                ? script.Sql
                : $"CREATE DATABASE \"{database.DatabaseName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            await using var create = new NpgsqlCommand(sql, connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }
}
