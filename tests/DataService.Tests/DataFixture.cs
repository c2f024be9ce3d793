using AiMesh.Testing;
using Npgsql;

namespace AiMesh.DataService.Tests;

/// <summary>One running DataService with the demo's data, for all tests. Tests that change things use datasets of their own.</summary>
public sealed class DataFixture : IAsyncLifetime
{
    private static int _datasets;

    public PostgresDatabase Database { get; private set; } = null!;

    public TestAuthority Authority { get; private set; } = null!;

    public DataServiceHost Service { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.CreateDatabaseAsync();
        Authority = await TestAuthority.StartAsync();

        // A search that waits too long for what was written before it is refused: on a busy machine, that is no fault.
        Service = await DataServiceHost.StartAsync(Database.ConnectionString, Authority, "Demo:Enabled=true", "Search:MaxWait=00:01:00");
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Authority.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>An id that no other test has.</summary>
    public static string NewId() => FormattableString.Invariant($"dataset-{Interlocked.Increment(ref _datasets)}");

    /// <summary>Somebody with one of the built-in roles and its permissions.</summary>
    internal Caller Caller(string role = "admin", string subject = "", string organisation = "demo", IReadOnlyDictionary<string, string>? attributes = null) =>
        CallerWith([role], Permissions(role), subject.Length == 0 ? role : subject, organisation, attributes);

    internal Caller CallerWith(string[] roles, string[] permissions, string subject, string organisation = "demo", IReadOnlyDictionary<string, string>? attributes = null) =>
        new(Service, Authority.Token(subject, organisation, roles, permissions, attributes), subject);

    /// <summary>Asks the database as superuser, past row-level security.</summary>
    public async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private static string[] Permissions(string role) => role switch
    {
        "admin" => ["*"],
        "member" => ["data:list", "data:read:*", "data:write:*", "data:delete:*", "data:import:*"],
        _ => ["data:list", "data:read:*"],
    };
}

[CollectionDefinition(Name)]
public sealed class DataTests : ICollectionFixture<DataFixture>
{
    public const string Name = "DataService";
}
