using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Detection;
using AiMesh.IoTIngest.Tests.Detection;
using Grpc.Core;

namespace AiMesh.IoTIngest.Tests.Alerts;

[Trait("Level", "Server")]
[Collection(IotTests.Name)]
public sealed class AlertsTests(IotFixture fixture)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Anomalies_ManyInARow_AreOneAlertThatClosesAndRaisesAnew()
    {
        var someone = fixture.NewOperator();
        var sender = new Sender(someone, await someone.CreateDeviceAsync());
        var series = new Series(1);
        await sender.SendAsync(series.Noise(500));
        Assert.Empty(await ListAsync(someone));

        // In batches of their own, as they would come.
        await sender.SendAsync([40]);
        await sender.SendAsync([41, 20, 60]);
        await sender.SendAsync(series.Noise(5));
        var alert = Assert.Single(await ListAsync(someone));
        Assert.Equal(("pump-1", "t", Alert.Types.State.Open, 3L, 60.0), (alert.Device, alert.Metric, alert.State, alert.Count, alert.Value));
        Assert.InRange(alert.ExpectedLow, 10, 19);
        Assert.InRange(alert.ExpectedHigh, 21, 35);
        Assert.Contains("t of pump-1 was 60; expected", alert.Message);
        Assert.Equal(3 * Step, alert.LastTime.ToDateTime() - alert.StartTime.ToDateTime());
        Assert.Equal(3, (await someone.ReadAsync()).Count(reading => reading.Anomalous));

        await sender.SendAsync(series.Noise(AlertTracker.CloseAfter - 6));
        Assert.Equal(Alert.Types.State.Open, Assert.Single(await ListAsync(someone)).State);
        await sender.SendAsync(series.Noise(2));
        Assert.Equal(Alert.Types.State.Closed, Assert.Single(await ListAsync(someone)).State);

        await sender.SendAsync([-20]);
        var both = await ListAsync(someone);
        Assert.Equal([Alert.Types.State.Open, Alert.Types.State.Closed], both.Select(one => one.State));
        Assert.Equal(alert.Name, both[1].Name);
    }

    [Fact]
    public async Task Anomalies_SeveralEpisodesInOneRequest_AreSeveralAlerts()
    {
        var someone = fixture.NewOperator();
        var sender = new Sender(someone, await someone.CreateDeviceAsync());
        var series = new Series(2);
        await sender.SendAsync([.. series.Noise(400), 50, 51, .. series.Noise(100), 60, .. series.Noise(100), 70]);
        var alerts = await ListAsync(someone);
        Assert.Equal([(1L, Alert.Types.State.Open), (1L, Alert.Types.State.Closed), (2L, Alert.Types.State.Closed)], alerts.Select(alert => (alert.Count, alert.State)));
    }

    [Fact]
    public async Task AcknowledgeAlert_Twice_KeepsTheFirst()
    {
        var someone = fixture.NewOperator();
        var sender = new Sender(someone, await someone.CreateDeviceAsync());
        var series = new Series(3);
        await sender.SendAsync([.. series.Noise(400), 50]);
        var id = Assert.Single(await ListAsync(someone)).Name["alerts/".Length..];

        using var response = await fixture.Service.Http.SendAsync(someone.Request(HttpMethod.Post, $"/api/iot/alerts/{id}:acknowledge", "{}"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var bob = new Operator(fixture.Service, someone.Organisation, fixture.Authority.Token("bob", someone.Organisation, permissions: ["iot:alerts:acknowledge"]));
        var again = await bob.Alerts.AcknowledgeAlertAsync(new AcknowledgeAlertRequest { Alert = id }, bob.Headers);
        Assert.Equal(("alice", Alert.Types.State.Acknowledged), (again.AcknowledgedBy, again.State));

        // Still open underneath: what is anomalous joins it.
        await sender.SendAsync([55]);
        var alert = Assert.Single(await ListAsync(someone, Alert.Types.State.Acknowledged));
        Assert.Equal(2, alert.Count);
        Assert.Empty(await ListAsync(someone, Alert.Types.State.Open));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057")]
    public async Task AcknowledgeAlert_Unknown_IsNotFound(string id)
    {
        var someone = fixture.NewOperator();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Alerts.AcknowledgeAlertAsync(new AcknowledgeAlertRequest { Alert = id }, someone.Headers));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Alerts_OfAnotherOrganisation_AreNotThere()
    {
        var someone = fixture.NewOperator();
        await new Sender(someone, await someone.CreateDeviceAsync()).SendAsync([.. new Series(4).Noise(400), 50]);
        var id = Assert.Single(await ListAsync(someone)).Name["alerts/".Length..];
        var stranger = fixture.NewOperator();
        Assert.Empty(await ListAsync(stranger));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await stranger.Alerts.AcknowledgeAlertAsync(new AcknowledgeAlertRequest { Alert = id }, stranger.Headers));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task ListAlerts_InPages_GivesEachOnceNewestFirst()
    {
        var someone = fixture.NewOperator();
        var sender = new Sender(someone, await someone.CreateDeviceAsync());
        var series = new Series(5);
        await sender.SendAsync([.. series.Noise(400), .. Enumerable.Range(0, 5).SelectMany(number => (double[])[60 + (20 * number), .. series.Noise(80)])]);

        List<Alert> seen = [];
        var request = new ListAlertsRequest { PageSize = 2, Device = "pump-1" };
        do
        {
            var page = await someone.Alerts.ListAlertsAsync(request, someone.Headers);
            seen.AddRange(page.Alerts);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal([140.0, 120, 100, 80, 60], seen.Select(alert => alert.Value));

        var error = await Assert.ThrowsAsync<RpcException>(async () => await someone.Alerts.ListAlertsAsync(new ListAlertsRequest { PageSize = 1001, State = (Alert.Types.State)9, PageToken = "x" }, someone.Headers));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public async Task WatchReadings_Anomaly_BringsTheReadingAndTheAlert()
    {
        var someone = fixture.NewOperator();
        var sender = new Sender(someone, await someone.CreateDeviceAsync());
        await sender.SendAsync(new Series(6).Noise(400));
        using var watch = someone.Readings.WatchReadings(new WatchReadingsRequest { Device = "pump-1" }, someone.Headers);
        await watch.ResponseHeadersAsync;
        await sender.SendAsync([50]);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.True(watch.ResponseStream.Current.Reading.Anomalous);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal((50.0, Alert.Types.State.Open), (watch.ResponseStream.Current.Alert.Value, watch.ResponseStream.Current.Alert.State));
    }

    [Fact]
    public async Task Detector_AfterARestart_KnowsTheSeriesAndTheOpenAlert()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var sender = new Sender(someone, device);
        var series = new Series(7);
        await sender.SendAsync([.. series.Noise(450), 50]);
        await sender.SendAsync(series.Noise(30));

        // Another process: all it has is the database.
        await using var restarted = await IotServiceHost.StartAsync(fixture.Database.ConnectionString, fixture.Authority);
        sender.Target = fixture.OperatorOf(someone.Organisation, restarted);
        await sender.SendAsync([20, 55]);
        var alert = Assert.Single(await ListAsync(someone));
        Assert.Equal((2L, Alert.Types.State.Open), (alert.Count, alert.State));
        Assert.True((await someone.ReadAsync())[0].Anomalous);
        await sender.SendAsync(series.Noise(AlertTracker.CloseAfter));
        Assert.Equal(Alert.Types.State.Closed, Assert.Single(await ListAsync(someone)).State);
    }

    [Fact]
    public async Task Detector_RestoredFromItsState_JudgesAsIfItHadNeverStopped()
    {
        var someone = fixture.NewOperator();
        var device = await someone.CreateDeviceAsync();
        var sender = new Sender(someone, device);
        var series = new Series(8);
        await sender.SendAsync(series.Noise(250));
        await sender.SendAsync(series.Noise(120));

        var id = await fixture.AskAsync<int>("SELECT s.id FROM series s JOIN devices d ON d.number = s.device WHERE d.organisation = $1", someone.Organisation);
        Assert.Equal(1, await fixture.AskAsync<long>("SELECT count(*) FROM detector_states WHERE series = $1", id));
        var store = (DetectorStore)fixture.Service.Services.GetService(typeof(DetectorStore))!;
        var restored = (await store.LoadAsync(someone.Organisation, [id], CancellationToken.None))[id];

        var expected = new DetectorState();
        foreach (var value in (await someone.ReadAsync()).Reverse().Select(reading => reading.Value))
            AnomalyDetector.Observe(ref expected, value);
        Assert.Equal(expected, restored.Detector);
    }

    private static async Task<IReadOnlyList<Alert>> ListAsync(Operator someone, Alert.Types.State state = default) =>
        [.. (await someone.Alerts.ListAlertsAsync(new ListAlertsRequest { State = state }, someone.Headers)).Alerts];

    /// <summary>Sends one series, evenly spaced in the past.</summary>
    private sealed class Sender(Operator someone, TestDevice device)
    {
        private DateTime _next = DateTime.UtcNow.AddHours(-6);

        public Operator Target { get; set; } = someone;

        public async Task SendAsync(double[] values)
        {
            var readings = values.Select((value, index) => ("t", value, (DateTime?)(_next + (index * Step)))).ToList();
            _next += values.Length * Step;
            var response = await Target.Ingest.IngestReadingsAsync(device.Request("", readings), device.Headers);
            Assert.Equal(values.Length, response.Accepted);
        }
    }
}
