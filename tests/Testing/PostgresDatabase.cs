using Npgsql;

namespace AiMesh.Testing;

/// <summary>A database of its own for one test or one test class; dropped when disposed.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresInstance _server;

    internal PostgresDatabase(PostgresInstance server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = server.ConnectionStringFor(name);
    }

    public string Name { get; }

    /// <summary>Npgsql connection string of a superuser (to test row-level security, create and use a lesser role).</summary>
    public string ConnectionString { get; }

    /// <summary>The same database through another login.</summary>
    public string ConnectionStringFor(string userName, string password) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Username = userName, Password = password }.ConnectionString;

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => new(_server.DropDatabaseAsync(Name));
}
