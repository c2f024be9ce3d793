using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using AiMesh.Probe.V1;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

/// <summary>One service, called by peers and by others (A9).</summary>
public sealed class MutualTlsTests : IAsyncLifetime
{
    private MutualMesh _mesh = null!;
    private MeshHost _data = null!;

    public async Task InitializeAsync()
    {
        _mesh = await MutualMesh.StartAsync();
        _data = await _mesh.StartServiceAsync("data");
    }

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Fact]
    public async Task Peer_GetsIn_AndIsKnown()
    {
        using var certificate = _mesh.Certificates.Issue("gateway");

        Assert.Equal("gateway", await WhoAsync(certificate));
    }

    [Fact]
    public async Task Caller_WithoutCertificate_IsRefusedAtTheHandshake() => await AssertRefusedAsync(null, "no certificate");

    [Fact]
    public async Task Caller_WithCertificateOfAnotherCa_IsRefusedAtTheHandshake()
    {
        using var other = new TestMeshCertificates();
        using var certificate = other.Issue("gateway");

        await AssertRefusedAsync(certificate, "");
    }

    public static TheoryData<string> BadCertificates => ["expired", "future", "self-signed", "another environment", "server only", "two names", "CA"];

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task Caller_WithBadCertificate_IsRefusedAtTheHandshake(string what)
    {
        var now = DateTimeOffset.UtcNow;
        using var certificate = what switch
        {
            "expired" => _mesh.Certificates.Issue("gateway", notBefore: now.AddHours(-2), notAfter: now.AddMinutes(-2)),
            "future" => _mesh.Certificates.Issue("gateway", notBefore: now.AddMinutes(2)),
            "self-signed" => _mesh.Certificates.Issue("gateway", selfSigned: true),
            "another environment" => _mesh.Certificates.Issue("gateway", "production"),
            "server only" => _mesh.Certificates.Issue("gateway", uses: ["1.3.6.1.5.5.7.3.1"]),
            "two names" => _mesh.Certificates.Issue("gateway", uris: ["spiffe://aimesh/test/gateway", "spiffe://aimesh/test/ai"]),
            _ => _mesh.Certificates.Issue("gateway", isAuthority: true),
        };

        await AssertRefusedAsync(certificate, "");
    }

    [Fact]
    public async Task PlainHttp_IsNotSpoken()
    {
        using var client = new HttpClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new UriBuilder(MutualMesh.Address(_data, "http")) { Scheme = "http", Path = "/who" }.Uri));
    }

    [Fact]
    public async Task Probes_NeedNoCertificate_AndReachNothingElse()
    {
        using var client = new HttpClient();
        var address = MutualMesh.Address(_data, "probe").ToString().TrimEnd('/');

        // Not ready before keys were fetched, and that is an answer too.
        await Eventually.HoldsAsync(async () => (await client.GetAsync(new Uri(address + "/health"))).IsSuccessStatusCode, TimeSpan.FromSeconds(20));
        foreach (var path in new[] { "/alive", "/metrics" })
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(address + path))).StatusCode);
        foreach (var path in new[] { "/who", "/probe/me", "/health/", "//who", "/health/../who", "/HEALTH", "/.well-known/jwks.json" })
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(address + path))).StatusCode);
    }

    [Fact]
    public async Task ListenerThatNobodyThoughtOf_ServesNothing()
    {
        var port = FreePort.Next();
        var host = await _mesh.StartServiceAsync("iot", configure: builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port)));
        using var client = new HttpClient();

        foreach (var path in new[] { "who", "health", "metrics" })
            Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/{path}"))).StatusCode);
        Assert.Contains($"on port {port}", host.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_ForSomePeers_RefusesTheOthers()
    {
        using var gateway = _mesh.Certificates.Issue("gateway");
        using var iot = _mesh.Certificates.Issue("iot");

        Assert.Equal("come in", await GetAsync(gateway, "/gateway-only"));
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(iot, "/gateway-only"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task GrpcService_ForSomePeers_RefusesTheOthersOverGrpcAndRest()
    {
        var settings = _mesh.Settings("ai");
        var log = new LogSink();
        await using var app = MeshHost.Build(_mesh.Authority, log, null, static app => app.MapRpc<ProbeService>().RequirePeers("gateway"), settings);
        await app.StartAsync();
        using var gateway = _mesh.Certificates.Issue("gateway");
        using var iot = _mesh.Certificates.Issue("iot");

        Assert.Equal(StatusCode.OK, await AnyoneAsync(gateway));
        Assert.Equal(StatusCode.PermissionDenied, await AnyoneAsync(iot));
        using var rest = TestMeshCertificates.Caller(iot);
        using var answer = await rest.PostAsync(new Uri(new Uri(app.Urls.ElementAt(1)), "/probe/anyone"), new StringContent("{}", null, "application/json"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("PEER_DENIED", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        async Task<StatusCode> AnyoneAsync(X509Certificate2 certificate)
        {
            using var channel = GrpcChannel.ForAddress(app.Urls.First(), new GrpcChannelOptions { HttpClient = TestMeshCertificates.Caller(certificate), DisposeHttpClient = true });
            var call = new Probe.V1.Probe.ProbeClient(channel).AnyoneAsync(new ProbeRequest());
            try
            {
                await call;
                return StatusCode.OK;
            }
            catch (RpcException exception)
            {
                return exception.StatusCode;
            }
        }
    }

    [Fact]
    public async Task MeshClient_ShowsItsCertificate_AndCarriesTheCallersToken()
    {
        var gateway = await StartCallerAsync(MutualMesh.Address(_data, "grpc"));
        var client = gateway.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();

        var reply = await client.ReadAsync(new ProbeRequest { Dataset = "surveys" }, _mesh.Alice);

        Assert.Equal("alice", reply.Subject);
    }

    [Fact]
    public async Task MeshClient_UnderLoad_SharesConnections()
    {
        var gateway = await StartCallerAsync(MutualMesh.Address(_data, "grpc"));
        var client = gateway.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();
        var port = MutualMesh.Address(_data, "grpc").Port;
        var handshakes = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "kestrel.tls_handshake.duration") listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag is { Key: "server.port" } && Equals(tag.Value, port)) Interlocked.Increment(ref handshakes);
        });
        listener.Start();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var i = 0; i < 50; i++) await client.AnyoneAsync(new ProbeRequest());
        }));

        // One, or a few where calls met before the first stood.
        Assert.InRange(handshakes, 1, 4);
    }

    [Fact]
    public async Task MeshClient_DoesNotTalkToAnotherServiceInThePlaceOfItsOwn()
    {
        var iot = await _mesh.StartServiceAsync("iot");
        var gateway = await StartCallerAsync(MutualMesh.Address(iot, "grpc"));
        var client = gateway.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();

        var exception = await Assert.ThrowsAsync<RpcException>(() => client.AnyoneAsync(new ProbeRequest()).ResponseAsync);

        Assert.NotEqual(StatusCode.OK, exception.StatusCode);
        Assert.Contains("spiffe://aimesh/test/iot instead of 'data'", gateway.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MeshClient_DoesNotFallBackToPlainHttp()
    {
        await using var plainAuthority = await TestAuthority.StartAsync();
        await using var plain = await MeshHost.StartAsync(plainAuthority);
        var gateway = await StartCallerAsync(plain.GrpcAddress);
        var client = gateway.App.Services.GetRequiredService<Probe.V1.Probe.ProbeClient>();

        await Assert.ThrowsAsync<RpcException>(() => client.AnyoneAsync(new ProbeRequest()).ResponseAsync);
    }

    [Fact]
    public async Task HttpClient_DoesNotFallBackToPlainHttp_WhereItsAddressAllowsBoth()
    {
        await using var plainAuthority = await TestAuthority.StartAsync();
        await using var plain = await MeshHost.StartAsync(plainAuthority);
        var (secure, insecure) = (MutualMesh.Address(_data, "http").ToString(), plain.Http.BaseAddress!.ToString());
        var gateway = await _mesh.StartServiceAsync(
            "gateway", new() { ["Services:data:http:0"] = insecure, ["Services:both:https:0"] = secure, ["Services:both:http:0"] = insecure }, static builder =>
            {
                builder.Services.AddHttpClient("data").UseMeshIdentity("data");
            });
        using var client = gateway.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient("data");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        Assert.Equal("gateway", await client.GetStringAsync(new Uri("https+http://both/who")));
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetStringAsync(new Uri("https+http://data/alive"), patience.Token));
    }

    private Task<MeshHost> StartCallerAsync(Uri data) => _mesh.StartServiceAsync(
        "gateway", new() { ["Services:data:grpc:0"] = data.ToString() }, static builder => builder.AddMeshClient<Probe.V1.Probe.ProbeClient>("data"));

    private Task<string> WhoAsync(X509Certificate2? certificate) => GetAsync(certificate, "/who");

    private async Task<string> GetAsync(X509Certificate2? certificate, string path)
    {
        using var client = TestMeshCertificates.Caller(certificate);
        return await client.GetStringAsync(new Uri(MutualMesh.Address(_data, "http"), path));
    }

    private async Task AssertRefusedAsync(X509Certificate2? certificate, string reason)
    {
        // No status: there was no answer, because there was no connection.
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => WhoAsync(certificate));
        Assert.Null(exception.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(_data.Log.Text.Contains("did not show a certificate of the mesh: ", StringComparison.Ordinal)), TimeSpan.FromSeconds(5));
        Assert.Contains(reason, _data.Log.Text, StringComparison.Ordinal);
    }
}
