using AiMesh.ServiceDefaults.Storage;
using AiMesh.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AiMesh.ServiceDefaults.Tests.Storage;

[Trait("Level", "Server")]
public sealed class MeshDatabaseTests : IAsyncLifetime
{
    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Start_AppliesTheEmbeddedMigrations()
    {
        using var host = await StartAsync();
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();

        Assert.Equal(["1 notes", "2 authors"], await ListAsync(_database.ConnectionString, "SELECT number || ' ' || name FROM schema_migrations ORDER BY number"));
        Assert.Equal($"{_database.Name}_api", await ScalarAsync(requests, "SELECT current_user::text"));
        Assert.Equal($"{_database.Name}_owner", await ScalarAsync(requests, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'notes'"));
    }

    [Fact]
    public async Task Requests_CannotChangeTheSchema()
    {
        using var host = await StartAsync();
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
        string[] forbidden =
        [
            "CREATE TABLE mine (id int)", "CREATE TEMP TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "DROP TABLE notes", "TRUNCATE notes", "DROP POLICY own ON notes",
            "SELECT * FROM schema_migrations", "DELETE FROM schema_migrations", "CREATE ROLE mine", "CREATE DATABASE mine", "COPY notes TO PROGRAM 'true'",
            $"SET ROLE {_database.Name}_owner", "SET ROLE postgres", "SET SESSION AUTHORIZATION postgres", $"ALTER ROLE {_database.Name}_api BYPASSRLS",
            "SELECT pg_read_file('/etc/passwd')", "SELECT * FROM pg_authid",
        ];

        foreach (var sql in forbidden)
        {
            var exception = await Record.ExceptionAsync(() => ScalarAsync(requests, sql));
            Assert.True(exception is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege }, $"{sql}: {exception?.Message}");
        }
    }

    [Fact]
    public async Task Requests_CannotGetAroundRowLevelSecurity()
    {
        using var host = await StartAsync();
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
        await _database.ExecuteAsync("INSERT INTO notes (author, text) VALUES ('alice', 'a'), ('bob', 'b')");

        Assert.Equal(0L, await ScalarAsync(requests, "SELECT count(*) FROM notes"));
        Assert.Equal(1L, await ScalarAsync(requests, "SELECT count(*) FROM notes, (SELECT set_config('app.user', 'alice', false)) AS who"));
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(requests, "SET row_security = off; SELECT count(*) FROM notes"))).SqlState);
    }

    [Fact]
    public async Task Start_TightensARoleThatWasLoosened()
    {
        using (await StartAsync()) { }
        await _database.ExecuteAsync($"ALTER ROLE {_database.Name}_api BYPASSRLS SUPERUSER CREATEDB; ALTER ROLE {_database.Name}_owner LOGIN; GRANT ALL ON SCHEMA public TO PUBLIC");

        using var host = await StartAsync();

        Assert.Equal(
            ["api false false false false true", "owner false false false false false"],
            await ListAsync(_database.ConnectionString, $"SELECT replace(rolname, '{_database.Name}_', '') || ' ' || rolsuper || ' ' || rolbypassrls || ' ' || rolcreatedb || ' ' || rolcreaterole || ' ' || rolcanlogin FROM pg_roles WHERE rolname LIKE '{_database.Name}\\_%' ORDER BY 1"));
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
        await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(requests, "CREATE TABLE mine (id int)"));
    }

    [Fact]
    public async Task Owner_ActsAsTheOwnerOnEveryConnection()
    {
        using var host = await StartAsync();
        await using var owner = host.Services.GetRequiredKeyedService<NpgsqlDataSource>(MeshDatabaseExtensions.OwnerKey);

        for (var i = 0; i < 3; i++) Assert.Equal($"{_database.Name}_owner", await ScalarAsync(owner, "SELECT current_user::text"));
        await ScalarAsync(owner, "CREATE TABLE later (id int)");

        Assert.Equal($"{_database.Name}_owner", Assert.Single(await ListAsync(_database.ConnectionString, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'later'")));
    }

    [Fact]
    public async Task Start_OfReplicasAtOnce_AppliesEachMigrationOnce()
    {
        var hosts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartAsync()));

        Assert.Equal(["1", "2"], await ListAsync(_database.ConnectionString, "SELECT number::text FROM schema_migrations ORDER BY number"));
        foreach (var host in hosts)
        {
            // Every replica logs in with the same derived password.
            await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
            Assert.Equal(1, await ScalarAsync(requests, "SELECT 1"));
            host.Dispose();
        }
    }

    [Fact]
    public async Task Password_IsDerivedFromTheMasterKeyAndNeverSentInPlain()
    {
        using var host = await StartAsync(settings: new() { ["Mesh:MasterKey"] = "a master key of this test" });
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();

        Assert.Equal(1, await ScalarAsync(requests, "SELECT 1"));
        Assert.StartsWith("SCRAM-SHA-256$", Assert.Single(await ListAsync(_database.ConnectionString, $"SELECT rolpassword FROM pg_authid WHERE rolname = '{_database.Name}_api'")), StringComparison.Ordinal);
    }

    [Fact]
    public void Password_DependsOnKeyAndDatabase()
    {
        var one = new NpgsqlConnectionStringBuilder("Host=h;Database=one;Username=u;Password=p");
        var two = new NpgsqlConnectionStringBuilder("Host=h;Database=two;Username=u;Password=p");

        string[] passwords =
        [
            DatabaseRoles.For(one, "key", isProduction: true).ApiPassword, DatabaseRoles.For(two, "key", isProduction: true).ApiPassword,
            DatabaseRoles.For(one, "other", isProduction: true).ApiPassword, DatabaseRoles.For(one, null, isProduction: false).ApiPassword,
        ];

        Assert.Equal(4, passwords.Distinct().Count());
        Assert.Equal(passwords[0], DatabaseRoles.For(one, "key", isProduction: true).ApiPassword);
        Assert.Throws<InvalidOperationException>(() => DatabaseRoles.For(one, null, isProduction: true));
    }

    [Theory]
    [InlineData("Host=h;Username=u;Password=p")]
    [InlineData("Host=h;Username=u;Password=p;Database='a\"; DROP ROLE x'")]
    [InlineData("Host=h;Username=u;Database=plain")]
    public void Roles_OfOddConnectionString_AreRefused(string connectionString) =>
        Assert.Throws<InvalidOperationException>(() => DatabaseRoles.For(new NpgsqlConnectionStringBuilder(connectionString), null, isProduction: false));

    [Fact]
    public async Task Start_WithLoginOfRequestsConfigured_UsesIt()
    {
        using (await StartAsync()) { }
        await _database.ExecuteAsync($"ALTER ROLE {_database.Name}_api PASSWORD 'given-by-an-operator'");

        using var host = await StartAsync(settings: new() { ["ConnectionStrings:data-db-api"] = _database.ConnectionStringFor($"{_database.Name}_api", "given-by-an-operator") });
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();

        Assert.Equal($"{_database.Name}_api", await ScalarAsync(requests, "SELECT current_user::text"));
    }

    [Fact]
    public async Task Health_SpeaksForTheDatabase()
    {
        using var host = await StartAsync();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Contains(report.Entries.Keys, static name => name.Contains("PostgreSql", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_WithoutServer_GivesUpAfterItsPatience()
    {
        using var host = Build(new() { ["ConnectionStrings:data-db"] = $"Host=127.0.0.1;Port={FreePort.Next()};Database=data;Username=u;Password=p" }, static options => options.StartTimeout = TimeSpan.FromSeconds(1));

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => host.StartAsync());

        Assert.Contains("'data' was not ready within 1 seconds", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_BeforeTheDatabaseExists_WaitsForIt()
    {
        var name = $"{_database.Name}_late";
        var connectionString = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Database = name }.ConnectionString;
        using var host = Build(new() { ["ConnectionStrings:data-db"] = connectionString });

        var start = host.StartAsync();
        await Task.Delay(300);
        Assert.False(start.IsCompleted);
        await _database.ExecuteAsync($"CREATE DATABASE {name}");
        await start.WaitAsync(TimeSpan.FromSeconds(30));

        await host.StopAsync();
        await using (host.Services.GetRequiredService<NpgsqlDataSource>()) { }
        await _database.ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
    }

    [Fact]
    public async Task Request_OnASilentLine_FailsInTime()
    {
        await using var proxy = new FaultyProxy();
        var connection = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        proxy.TargetPort = connection.Port;
        connection.Port = proxy.Port;
        using var host = Build(new() { ["ConnectionStrings:data-db"] = connection.ConnectionString }, static options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        await host.StartAsync();
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
        await ScalarAsync(requests, "SELECT 1");

        proxy.Line = Line.Silent;
        var failed = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(requests, "SELECT 1").WaitAsync(TimeSpan.FromSeconds(25)));
        proxy.Line = Line.Whole;

        // Transient is what callers are told as "try again", and what a load balancer may repeat; the dead connection is given up.
        Assert.True(failed.IsTransient);
        Assert.Equal(1, await ScalarAsync(requests, "SELECT 1"));
    }

    [Fact]
    public async Task Transaction_WhoseClientFellSilent_LetsItsLocksGo()
    {
        await using var proxy = new FaultyProxy();
        var connection = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        proxy.TargetPort = connection.Port;
        connection.Port = proxy.Port;
        using var host = Build(new() { ["ConnectionStrings:data-db"] = connection.ConnectionString }, static options => options.CommandTimeout = TimeSpan.FromSeconds(2));
        await host.StartAsync();
        await _database.ExecuteAsync("INSERT INTO notes (author, text) VALUES ('alice', 'a')");
        await using var requests = host.Services.GetRequiredService<NpgsqlDataSource>();
        await using var silent = await requests.OpenConnectionAsync();
        await using var transaction = await silent.BeginTransactionAsync();
        await using var take = new NpgsqlCommand("SELECT set_config('app.user', 'alice', true); UPDATE notes SET text = 'b' WHERE author = 'alice'", silent);
        Assert.Equal(1, await take.ExecuteNonQueryAsync());

        proxy.Line = Line.Silent;

        // Straight to the server, and without the bounds of requests: waits for the lock as long as it is held.
        await _database.ExecuteAsync("SET lock_timeout = '25s'; UPDATE notes SET text = 'c' WHERE author = 'alice'");
    }

    [Fact]
    public async Task Requests_HaveBounds_UnlessTheConnectionStringHasItsOwn()
    {
        using var host = await StartAsync();
        await using (var requests = host.Services.GetRequiredService<NpgsqlDataSource>())
        {
            var settings = new NpgsqlConnectionStringBuilder(requests.ConnectionString);
            Assert.Equal((10, 4, 3, 30), (settings.CommandTimeout, settings.Timeout, settings.KeepAlive, settings.MaxPoolSize));
        }

        using var own = Build(new() { ["ConnectionStrings:data-db"] = $"{_database.ConnectionString};Command Timeout=77;Timeout=7;Keepalive=17;Maximum Pool Size=27" });
        await using var others = own.Services.GetRequiredService<NpgsqlDataSource>();
        var theirs = new NpgsqlConnectionStringBuilder(others.ConnectionString);
        Assert.Equal((77, 7, 17, 27), (theirs.CommandTimeout, theirs.Timeout, theirs.KeepAlive, theirs.MaxPoolSize));
    }

    [Fact]
    public void Threads_SufficeForAllStatementsThatAreCancelledAtOnce()
    {
        using var host = Build(new() { ["ConnectionStrings:data-db"] = $"{_database.ConnectionString};Maximum Pool Size=77" });

        ThreadPool.GetMinThreads(out var threads, out _);
        Assert.True(threads >= 77 + Environment.ProcessorCount, $"{threads} threads for 77 connections");
    }

    private async Task<IHost> StartAsync(Dictionary<string, string?>? settings = null)
    {
        var host = Build(settings ?? []);
        await host.StartAsync();
        return host;
    }

    private IHost Build(Dictionary<string, string?> settings, Action<MeshDatabaseOptions>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:data-db"] = _database.ConnectionString });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddMeshDatabase("data-db", configure);
        return builder.Build();
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private static async Task<List<string>> ListAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
