using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>
/// Creates the two roles and takes from everybody else what PostgreSQL grants by default. Repeatable: run at every start, so that
/// a setting somebody loosened by hand is tightened again. The caller holds the lock.
/// </summary>
internal sealed class RoleProvisioner(DatabaseRoles roles)
{
    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (database, owner, api) = (DatabaseRoles.Quote(roles.Database), DatabaseRoles.Quote(roles.Owner), DatabaseRoles.Quote(roles.Api));

        // Roles belong to the whole cluster, but these two to this database alone, so its lock keeps replicas apart.
        var missing = await MissingRolesAsync(connection, cancellationToken);
        var isSuperuser = await IsSuperuserAsync(connection, cancellationToken);
        List<string> statements =
        [
            .. missing.Select(static role => $"CREATE ROLE {DatabaseRoles.Quote(role)}"),
            $"ALTER ROLE {owner} NOLOGIN",
            $"ALTER ROLE {api} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '{ScramVerifier.Of(roles.ApiPassword, roles.Api)}'",
        ];

        // Only a superuser may say this, and only a superuser could have given it.
        if (isSuperuser) statements.Add($"ALTER ROLE {owner} NOSUPERUSER NOBYPASSRLS NOREPLICATION");
        if (isSuperuser) statements.Add($"ALTER ROLE {api} NOSUPERUSER NOBYPASSRLS NOREPLICATION");
        else statements.Add($"GRANT {owner} TO CURRENT_USER");

        statements.AddRange(
        [
            $"ALTER DATABASE {database} OWNER TO {owner}",
            $"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            $"GRANT CONNECT ON DATABASE {database} TO {api}",
            $"GRANT USAGE ON SCHEMA public TO {api}",
        ]);

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<List<string>> MissingRolesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT wanted FROM unnest($1) AS wanted WHERE wanted NOT IN (SELECT rolname FROM pg_roles)", connection)
        {
            Parameters = { new() { Value = new[] { roles.Owner, roles.Api } } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var missing = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) missing.Add(reader.GetString(0));
        return missing;
    }

    private static async Task<bool> IsSuperuserAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
