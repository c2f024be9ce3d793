using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using AiMesh.Data.V1;
using AiMesh.Testing;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.Mesh.Tests.Certificates;

/// <summary>The inner network: nobody without a certificate of the mesh gets in, while everything works through the gateway (A9).</summary>
[Collection(MeshTests.Name)]
[Trait("Level", "Server")]
public sealed class MutualTlsTests(MeshFixture mesh) : IDisposable
{
    private readonly TestMeshCertificates _others = new();

    public void Dispose() => _others.Dispose();

    public static TheoryData<string> Services => ["auth", "data", "ai", "iot"];

    [Theory]
    [MemberData(nameof(Services))]
    public async Task DirectCall_WithATokenButNoCertificate_IsRefused(string service)
    {
        using var caller = TestMeshCertificates.Caller(null);
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await mesh.TokenAsync("admin"));

        foreach (var path in new[] { "/health", "/api/data/datasets", "/.well-known/jwks.json", "/metrics" })
        {
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => caller.GetAsync(new Uri(mesh.App.GetEndpoint(service, "http"), path)));
            Assert.Null(refused.StatusCode);
        }
    }

    [Fact]
    public async Task DirectCall_OverGrpc_WithACertificateOfItsOwnMaking_IsRefused_AndWorksThroughTheGateway()
    {
        using var forged = _others.Issue("gateway", "development");
        using var direct = GrpcChannel.ForAddress(
            mesh.App.GetEndpoint("data", "grpc"), new GrpcChannelOptions { HttpClient = TestMeshCertificates.Caller(forged), DisposeHttpClient = true });
        using var gateway = await mesh.ChannelAsync("admin");
        var request = new ListItemsRequest { Dataset = "surveys", PageSize = 1 };

        await Assert.ThrowsAsync<RpcException>(() => new Items.ItemsClient(direct).ListItemsAsync(
            request, new Metadata { { "authorization", $"Bearer {mesh.TokenAsync("admin").Result}" } }).ResponseAsync);
        Assert.Single((await new Items.ItemsClient(gateway).ListItemsAsync(request)).Items);
    }

    [Fact]
    public async Task ServiceOfTheMesh_MayNotSignPeopleIn_UnlessItIsTheGateway()
    {
        using var iot = TestMeshCertificates.Caller(CertificateOf("iot"));
        using var gateway = TestMeshCertificates.Caller(CertificateOf("gateway"));
        var login = new Uri(mesh.App.GetEndpoint("auth", "http"), "/api/auth/login");

        Assert.Equal(HttpStatusCode.Forbidden, (await iot.PostAsync(login, Login())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync(login, Login())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await iot.GetAsync(new Uri(login, "/.well-known/jwks.json"))).StatusCode);

        static StringContent Login() => new($$"""{"email":"viewer@demo.aimesh","password":"{{MeshFixture.DemoPassword}}"}""", null, "application/json");
    }

    [Fact]
    public async Task Probes_AnswerWithoutACertificate_AndMetricsAreNotPublic()
    {
        using var client = new HttpClient();
        foreach (var service in new[] { "auth", "data", "ai", "iot", "gateway" })
        {
            var probe = mesh.App.GetEndpoint(service, "probe");
            Assert.True(probe.IsLoopback);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(probe, "/alive"))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(probe, "/metrics"))).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(probe, "/api/data/datasets"))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(mesh.GatewayAddress, "/health"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(mesh.GatewayAddress, "/metrics"))).StatusCode);
    }

    [Fact]
    public async Task Certificates_AreRenewed_AndServicesShowTheNewOnes_WithoutARestart()
    {
        var before = await ShownAsync();
        var deadline = DateTimeOffset.UtcNow.AddSeconds(60);
        while (await ShownAsync() == before)
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, "The certificate was not renewed within a minute.");
            await Task.Delay(500);
        }

        // Half of a life of 30 s has passed since the first connections; a call that goes through three services still works.
        using var member = await mesh.ClientAsync("member");
        (await member.PostAsync("/api/ai/ask", """{"question":"How many surveys are there?","datasets":["surveys"]}""")).Ok();
    }

    /// <summary>The serial number of the certificate that DataService shows.</summary>
    private async Task<string> ShownAsync()
    {
        var serial = "";
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => (serial = certificate!.GetSerialNumberString()).Length > 0;
        using var client = new HttpClient(handler);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(mesh.App.GetEndpoint("data", "http")));
        return serial;
    }

    private X509Certificate2 CertificateOf(string service)
    {
        var folder = Path.Combine(mesh.App.Services.GetRequiredService<IAspireStore>().BasePath, "certificates", "services", service);
        return X509Certificate2.CreateFromPemFile(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
    }
}
