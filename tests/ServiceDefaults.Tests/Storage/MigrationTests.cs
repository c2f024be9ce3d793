using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Storage;
using AiMesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AiMesh.ServiceDefaults.Tests.Storage;

[Trait("Level", "Server")]
public sealed class MigrationTests : IAsyncLifetime
{
    private static readonly Migration First = new(1, "first", "CREATE TABLE first (id int)");
    private static readonly Migration Second = new(2, "second", "CREATE TABLE second (id int)");

    private PostgresDatabase _database = null!;

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Run_Again_AppliesOnlyWhatIsNew()
    {
        await RunAsync(First);
        await RunAsync(First, Second);

        await _database.ExecuteAsync("SELECT * FROM first, second");
    }

    [Fact]
    public async Task Run_WithChangedFile_IsRefused()
    {
        await RunAsync(First);

        var problem = await FailAsync(First with { Sql = "CREATE TABLE first (id bigint)" }, Second);

        Assert.Contains("0001_first was changed after it was applied", problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PostgresException>(() => _database.ExecuteAsync("SELECT * FROM second"));
    }

    [Fact]
    public async Task Run_WithOtherLineEnds_IsTheSameFile()
    {
        await RunAsync(First with { Sql = "CREATE TABLE first (\n  id int)" });
        await RunAsync(First with { Sql = "CREATE TABLE first (\r\n  id int)" });
    }

    [Fact]
    public async Task Run_WithoutAnAppliedFile_IsRefused()
    {
        await RunAsync(First, Second);

        Assert.Contains("0002_second was applied but is not part of this build", await FailAsync(First), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithNewFileBeforeAppliedOnes_IsRefused()
    {
        await RunAsync(Second);

        Assert.Contains("0001_first is new but numbered before", await FailAsync(First, Second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfFileThatFails_LeavesNothingOfIt()
    {
        var broken = new Migration(2, "broken", "CREATE TABLE half (id int); SELECT * FROM nowhere");

        Assert.Contains("0002_broken failed", await FailAsync(First, broken), StringComparison.Ordinal);

        await _database.ExecuteAsync("SELECT * FROM first");
        await Assert.ThrowsAsync<PostgresException>(() => _database.ExecuteAsync("SELECT * FROM half"));
        await RunAsync(First, broken with { Sql = "CREATE TABLE half (id int)" });
    }

    [Fact]
    public void SqlFor_PutsInTheRoles()
    {
        var roles = DatabaseRoles.For(new NpgsqlConnectionStringBuilder(_database.ConnectionString), null, isProduction: false);

        Assert.Equal($"GRANT x TO \"{_database.Name}_api\", \"{_database.Name}_owner\"", new Migration(1, "x", "GRANT x TO {{api}}, {{owner}}").SqlFor(roles));
    }

    [Fact]
    public void AllOf_ReadsThisAssemblyInOrder() =>
        Assert.Equal(["0001_notes", "0002_authors"], Migration.AllOf(typeof(MigrationTests).Assembly).Select(static migration => migration.Label));

    private async Task<string> FailAsync(params ImmutableArray<Migration> migrations) =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(migrations))).Message;

    private async Task RunAsync(params ImmutableArray<Migration> migrations)
    {
        var roles = DatabaseRoles.For(new NpgsqlConnectionStringBuilder(_database.ConnectionString), null, isProduction: false);
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await new RoleProvisioner(roles).RunAsync(connection, CancellationToken.None);
        await new MigrationRunner(roles, NullLogger<MigrationRunner>.Instance).RunAsync(connection, migrations, CancellationToken.None);
    }
}
