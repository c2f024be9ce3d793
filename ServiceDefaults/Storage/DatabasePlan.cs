using System.Collections.Immutable;
using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>What <see cref="DatabasePreparation"/> has to do for one database.</summary>
internal sealed record DatabasePlan(string AdministratorConnectionString, DatabaseRoles Roles, MeshDatabaseOptions Options)
{
    /// <summary>False where an operator created the roles and configured the login of requests.</summary>
    public required bool CreatesRoles { get; init; }

    public ImmutableArray<Migration> Migrations { get; } = Migration.AllOf(Options.MigrationsAssembly);

    /// <summary>
    /// The data source for DDL: connections that act as the owner. Not pooled, because the reset of a pooled connection would silently
    /// give it back to the administrator.
    /// </summary>
    public NpgsqlDataSource CreateOwnerDataSource()
    {
        var setRole = $"SET ROLE {DatabaseRoles.Quote(Roles.Owner)}";
        var builder = new NpgsqlDataSourceBuilder(AdministratorConnectionString);
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(setRole, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(setRole, connection);
                await command.ExecuteNonQueryAsync();
            });
        Options.ConfigureDataSource?.Invoke(builder);
        return builder.Build();
    }
}
