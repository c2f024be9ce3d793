using AiMesh.IoTIngest.Ingest;
using AiMesh.Testing;
using Npgsql;

namespace AiMesh.IoTIngest.Tests.Ingest;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class PartitionTests(IotFixture fixture)
{
    [Fact]
    public async Task IngestReadings_AtBordersOfDaysAndLate_LandInTheirPartition()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var midnight = DateTime.UtcNow.Date.AddDays(-7);
        DateTime[] times = [midnight.AddTicks(-10), midnight, midnight.AddTicks(10), DateTime.UtcNow.AddDays(-29.9), DateTime.UtcNow];
        await someone.Ingest.IngestReadingsAsync(device.Request("", times.Select(time => ("t", 1.0, (DateTime?)time))), device.Headers);

        Assert.Equal(5, (await someone.ReadAsync()).Count);
        Assert.Equal(1, await CountAsync(someone, midnight.AddDays(-1)));
        Assert.Equal(2, await CountAsync(someone, midnight));
    }

    [Fact]
    public async Task EnsureAsync_ManyReplicasAtOnce_MakeEachPartitionOnce()
    {
        await using var dataSource = NpgsqlDataSource.Create(fixture.Database.ConnectionString);
        var day = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(9);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ => await new PartitionCatalog(dataSource).EnsureAsync(day, CancellationToken.None)));
        Assert.Equal(1, await fixture.AskAsync<long>("SELECT count(*) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE relname = $1", PartitionCatalog.TableOf(day)));
    }

    [Theory]
    [InlineData(-41)]
    [InlineData(11)]
    public async Task EnsureAsync_DayThatNoReadingCanHave_IsRefused(int days)
    {
        await using var dataSource = NpgsqlDataSource.Create(fixture.Database.ConnectionString);
        await Assert.ThrowsAsync<PostgresException>(async () =>
            await new PartitionCatalog(dataSource).EnsureAsync(DateOnly.FromDateTime(DateTime.UtcNow).AddDays(days), CancellationToken.None));
    }

    [Fact]
    public async Task Housekeeping_AtStart_HasMadeTheComingDays()
    {
        var today = DateOnly.FromDateTime(DateTime.UtcNow);
        foreach (var day in Enumerable.Range(0, 4).Select(today.AddDays))
            await Eventually.HoldsAsync(() => fixture.AskAsync<bool>("SELECT to_regclass($1) IS NOT NULL", PartitionCatalog.TableOf(day)), TimeSpan.FromSeconds(10));
    }

    private Task<long> CountAsync(Operator someone, DateTime day) => fixture.AskAsync<long>(
        $"SELECT count(*) FROM {PartitionCatalog.TableOf(DateOnly.FromDateTime(day))} r JOIN organisations o ON o.key = r.organisation WHERE o.id = $1", someone.Organisation);
}
