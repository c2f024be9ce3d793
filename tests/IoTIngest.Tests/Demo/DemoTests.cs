using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Demo;
using AiMesh.IoTIngest.Detection;
using AiMesh.Testing;

namespace AiMesh.IoTIngest.Tests.Demo;

[Trait("Level", "Server")]
public sealed class DemoTests : IAsyncLifetime
{
    private PostgresDatabase _database = null!;
    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => (_database, _authority) = (await PostgresServer.CreateDatabaseAsync(), await TestAuthority.StartAsync());

    public async Task DisposeAsync()
    {
        await _authority.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Demo_TwoReplicasOnAnEmptyDatabase_SeedADayOnceAndGoOn()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var someone = new Operator(one, "demo", _authority.Token(permissions: ["*"]));
        await Eventually.HoldsAsync(async () => (await ReadAsync(someone)).Count > 3 * 1_435, TimeSpan.FromSeconds(30));

        var seeded = await ReadAsync(someone);
        await Eventually.HoldsAsync(async () => (await ReadAsync(someone)).Count >= seeded.Count + 6, TimeSpan.FromSeconds(10));
        var temperatures = (await ReadAsync(someone)).Where(reading => reading.Metric == "temperature").Select(reading => reading.Time.ToDateTime()).ToList();
        Assert.Equal(temperatures.Distinct().Count(), temperatures.Count);
        Assert.InRange(DateTime.UtcNow - temperatures[^1], TimeSpan.FromHours(23.9), TimeSpan.FromHours(24.1));
        Assert.InRange(DateTime.UtcNow - temperatures[0], TimeSpan.Zero, TimeSpan.FromSeconds(5));

        var device = await someone.Devices.GetDeviceAsync(new GetDeviceRequest { Device = "demo-pump-1" }, someone.Headers);
        Assert.Equal(Device.Types.State.Online, device.State);
        Assert.NotEmpty((await someone.Alerts.ListAlertsAsync(new ListAlertsRequest { Device = "demo-pump-1" }, someone.Headers)).Alerts);
    }

    [Fact]
    public async Task Demo_SwitchedOff_DoesNothing()
    {
        await using var service = await IotServiceHost.StartAsync(_database.ConnectionString, _authority);
        var someone = new Operator(service, "demo", _authority.Token(permissions: ["*"]));
        await Task.Delay(300);
        Assert.Empty((await someone.Devices.ListDevicesAsync(new ListDevicesRequest(), someone.Headers)).Devices);
    }

    /// <summary>Whenever the day begins: it has faults, they raise alerts, and little else does.</summary>
    [Fact]
    public void DemoPump_AnyDay_RaisesAFewAlerts()
    {
        var random = new Random(1);
        var first = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var raised = Enumerable.Range(0, 200).Select(_ => Alerts(first.AddMinutes(random.Next(525_600)))).ToList();
        Assert.DoesNotContain(0, raised);
        Assert.InRange(raised.Average(), 2, 6);
    }

    private static int Alerts(DateTime start)
    {
        var memories = new Dictionary<int, SeriesMemory>();
        var detection = new BatchDetection(memories);
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            var time = start.AddMinutes(minute);
            foreach (var (series, reading) in DemoPump.At(time).Index())
                detection.Observe(series, time, reading.Value);
        }

        return detection.Changes.Count;
    }

    private Task<IotServiceHost> StartAsync() => IotServiceHost.StartAsync(_database.ConnectionString, _authority, "Demo:Enabled=true", "Demo:Interval=00:00:00.2");

    private static Task<IReadOnlyList<Reading>> ReadAsync(Operator someone) => someone.ReadAsync("demo-pump-1");
}
