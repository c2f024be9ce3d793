using System.Security.Cryptography.X509Certificates;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

/// <summary>Certificates change while calls go on (A9).</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string?> Hasty = new() { ["Mesh:Certificate:ClockSkew"] = "00:00:01", ["Mesh:Certificate:PollInterval"] = "00:00:00.1" };

    private MutualMesh _mesh = null!;

    public async Task InitializeAsync() => _mesh = await MutualMesh.StartAsync();

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task Rotation_UnderLoad_FailsNoCall_ThoughEveryFirstCertificateEnds()
    {
        var data = await _mesh.StartServiceAsync("data", Hasty);
        var gateway = await _mesh.StartServiceAsync(
            "gateway",
            new(Hasty) { ["Services:data:grpc:0"] = MutualMesh.Address(data, "grpc").ToString() },
            static builder => builder.AddMeshClient<Probe.V1.Probe.ProbeClient>("data"));
        var client = gateway.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();
        using var over = new CancellationTokenSource();

        var calls = Enumerable.Range(0, 8).Select(_ => CallAsync(client, over.Token)).ToArray();
        for (var i = 0; i < 8; i++)
        {
            Install("data");
            Install("gateway");
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        await over.CancelAsync();
        var counts = await Task.WhenAll(calls);

        // The certificates of the first renewals, and so the connections made with them, have ended by now.
        Assert.All(counts, static count => Assert.True(count > 50, $"Only {count} calls."));
        Assert.DoesNotContain("was refused", data.Log.Text, StringComparison.Ordinal);
        Assert.True(data.Log.Text.Split("was renewed").Length > 4, data.Log.Text);
    }

    [Fact]
    public async Task Connection_DoesNotOutliveTheCertificateThatItWasMadeWith()
    {
        var data = await _mesh.StartServiceAsync("data", Hasty);
        using var certificate = Short("gateway");
        using var caller = TestMeshCertificates.Caller(certificate);
        var who = new Uri(MutualMesh.Address(data, "http"), "/who");
        Assert.Equal("gateway", await caller.GetStringAsync(who));

        // Kept busy, so that it is not closed for idling.
        var lasted = await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    return await caller.GetStringAsync(who) != "gateway";
                }
                catch (HttpRequestException)
                {
                    return true;
                }
            },
            TimeSpan.FromSeconds(15));

        Assert.True(lasted > TimeSpan.FromSeconds(1), $"After {lasted}.");
    }

    [Fact]
    public async Task NewCertificate_IsShown_WithoutARestart()
    {
        var data = await _mesh.StartServiceAsync("data");
        var first = await SerialAsync(data);

        // Poll interval of 10 s: it is the file system that tells.
        _mesh.Certificates.Install("data");

        await Eventually.HoldsAsync(async () => await SerialAsync(data) != first, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task UselessFiles_ChangeNothing_AndAreReported()
    {
        var settings = _mesh.Settings("data");
        var data = await _mesh.StartServiceAsync("data", Hasty);
        var first = await SerialAsync(data);
        using var other = new TestMeshCertificates();
        using var foreign = other.Issue("data");
        using var ofAnother = _mesh.Certificates.Issue("gateway");
        var log = "cannot be used";

        foreach (var useless in new[] { "", "not PEM", foreign.ExportCertificatePem(), ofAnother.ExportCertificatePem() })
        {
            await File.WriteAllTextAsync(settings["Mesh:Certificate:CertificatePath"]!, useless);
            var before = data.Log.Text.Split(log).Length;
            await Eventually.HoldsAsync(() => Task.FromResult(data.Log.Text.Split(log).Length > before), TimeSpan.FromSeconds(5));
            Assert.Equal(first, await SerialAsync(data));
        }

        using var probe = new HttpClient();
        Assert.Contains("\"certificate\":{\"status\":\"Degraded\"", await probe.GetStringAsync(new Uri(MutualMesh.Address(data, "probe"), "/health")), StringComparison.Ordinal);

        _mesh.Certificates.Install("data");
        await Eventually.HoldsAsync(async () => await SerialAsync(data) != first, TimeSpan.FromSeconds(5));
        Assert.Contains("\"certificate\":{\"status\":\"Healthy\"", await probe.GetStringAsync(new Uri(MutualMesh.Address(data, "probe"), "/health")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateOfAnotherService_IsNotTakenOver()
    {
        var data = await _mesh.StartServiceAsync("data", Hasty);
        using var gateway = _mesh.Certificates.Issue("gateway");

        _mesh.Certificates.Install("data", gateway);

        await Eventually.HoldsAsync(() => Task.FromResult(data.Log.Text.Contains("It is that of 'gateway'", StringComparison.Ordinal)), TimeSpan.FromSeconds(5));
    }

    /// <summary>The serial number of the certificate that the service shows to a new connection.</summary>
    private async Task<string> SerialAsync(MeshHost host)
    {
        var serial = "";
        using var certificate = _mesh.Certificates.Issue("gateway");
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => (serial = presented!.GetSerialNumberString()).Length > 0;
        using var client = new HttpClient(handler);
        await client.GetStringAsync(new Uri(MutualMesh.Address(host, "http"), "/who"));
        return serial;
    }

    private void Install(string service)
    {
        using var certificate = Short(service);
        _mesh.Certificates.Install(service, certificate);
    }

    private X509Certificate2 Short(string service) => _mesh.Certificates.Issue(service, notBefore: DateTimeOffset.UtcNow.AddSeconds(-1), notAfter: DateTimeOffset.UtcNow.AddSeconds(4));

    private async Task<int> CallAsync(Probe.V1.Probe.ProbeClient client, CancellationToken over)
    {
        var count = 0;
        while (!over.IsCancellationRequested)
        {
            Assert.Equal("alice", (await client.ReadAsync(new ProbeRequest { Dataset = "surveys" }, _mesh.Alice, cancellationToken: CancellationToken.None)).Subject);
            count++;
            await Task.Delay(2, CancellationToken.None);
        }

        return count;
    }
}
