using AiMesh.IoTIngest.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AiMesh.IoTIngest.Tests.Storage;

/// <summary>What the role that requests use can do when the text of a query forgets the organisation: nothing beyond its own.</summary>
[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class IsolationTests(IotFixture fixture)
{
    private static readonly string[] Tables = ["organisations", "devices", "series", "readings", "dead_letters", "alerts", "detector_states"];

    [Fact]
    public async Task QueryAsync_WithoutTheOrganisationInItsText_StillSeesOnlyItsOwn()
    {
        var (one, two) = (await PopulatedAsync(), await PopulatedAsync());
        var database = fixture.Service.Services.GetRequiredService<ScopedDatabase>();
        foreach (var table in Tables)
        {
            var count = await database.QuerySingleAsync(one.Organisation, $"SELECT count(*) FROM {table} WHERE $1 = $1", [], row => row.GetInt64(0), CancellationToken.None);
            Assert.True(count is 1, $"{table}: {count}");
        }

        Assert.Single(await two.ReadAsync());
    }

    [Fact]
    public async Task RequestRole_WithoutAnOrganisation_SeesNothing()
    {
        await PopulatedAsync();
        var requests = fixture.Service.Services.GetRequiredService<NpgsqlDataSource>();
        foreach (var table in Tables)
        {
            await using var command = requests.CreateCommand($"SELECT count(*) FROM {table}");
            Assert.Equal(0L, await command.ExecuteScalarAsync());
        }
    }

    [Theory]
    [InlineData("SELECT * FROM {partition}")]
    [InlineData("SELECT * FROM ingest_requests")]
    [InlineData("DELETE FROM readings")]
    [InlineData("UPDATE readings SET value = 0")]
    [InlineData("DELETE FROM devices")]
    [InlineData("UPDATE devices SET organisation = 'demo'")]
    [InlineData("INSERT INTO alerts SELECT * FROM alerts")]
    [InlineData("DELETE FROM dead_letters")]
    [InlineData("UPDATE detector_states SET state = ''")]
    [InlineData("CREATE TABLE mine (a int)")]
    [InlineData("SET ROLE postgres")]
    public async Task RequestRole_BeyondItsRights_IsRefused(string sql)
    {
        await PopulatedAsync();
        var partition = AiMesh.IoTIngest.Ingest.PartitionCatalog.TableOf(DateOnly.FromDateTime(DateTime.UtcNow));
        var requests = fixture.Service.Services.GetRequiredService<NpgsqlDataSource>();
        await using var command = requests.CreateCommand(sql.Replace("{partition}", partition, StringComparison.Ordinal));
        var error = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    public async Task RequestRole_DeviceOfAnotherOrganisation_CannotBeInserted()
    {
        var one = await PopulatedAsync();
        var two = await PopulatedAsync();
        var database = fixture.Service.Services.GetRequiredService<ScopedDatabase>();
        var error = await Assert.ThrowsAsync<PostgresException>(() => database.QueryAsync(
            one.Organisation,
            "INSERT INTO devices (organisation, id, display_name, device_type, metadata, groups, credential_id, credential_hash) SELECT $2, 'spy', '', '', '{}', '{}', 'x', sha256('') WHERE $1 = $1",
            [two.Organisation],
            _ => 0,
            CancellationToken.None));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    /// <summary>An organisation with one row in each table.</summary>
    private async Task<Operator> PopulatedAsync()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        await someone.Ingest.IngestReadingsAsync(device.Request("r", ("t", 1, null), ("bad metric", 1, null)), device.Headers);
        await fixture.AskAsync<int>(
            """
            WITH mine AS (SELECT s.id, s.organisation, d.organisation AS name FROM series s JOIN devices d ON d.number = s.device WHERE d.organisation = $1),
            alert AS (INSERT INTO alerts SELECT gen_random_uuid(), name, id, 'pump-1', 't', 1, now(), now(), 1, 9, 1, 0, 0 FROM mine)
            INSERT INTO detector_states SELECT id, organisation, now(), '' FROM mine RETURNING 1
            """,
            someone.Organisation);
        return someone;
    }
}
