using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

/// <summary>What stops a service from starting: it never runs less protected than it seems.</summary>
public sealed class StartTests : IAsyncLifetime
{
    private MutualMesh _mesh = null!;

    public async Task InitializeAsync() => _mesh = await MutualMesh.StartAsync();

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("Development")]
    public async Task Service_WithoutSettings_DoesNotStart(string environment)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(environment, []));

        foreach (var key in new[] { "CertificatePath", "KeyPath", "AuthorityPath" })
            Assert.Contains($"Mesh:Certificate:{key} must name a file.", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("production")]
    [InlineData("")]
    public async Task Service_WithPlainHttp_DoesNotStartOutsideOfDevelopmentAndTest(string environment)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(environment, new() { ["Mesh:Certificate:Mode"] = "None" }));

        Assert.Contains("Mode None", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Test")]
    public async Task Service_WithPlainHttp_StartsInDevelopmentAndTest(string environment) =>
        await StartAsync(environment, new() { ["Mesh:Certificate:Mode"] = "None", ["Mesh:Auth:Authority"] = "http://127.0.0.1:1" });

    [Fact]
    public async Task Service_WithPlainAddress_DoesNotStart_AndNamesAllOfThem()
    {
        var settings = _mesh.Settings("data");
        settings["Kestrel:Endpoints:http:Url"] = settings["Kestrel:Endpoints:grpc:Url"] = "http://127.0.0.1:0";

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("Production", settings));

        Assert.Contains("Kestrel:Endpoints:grpc, Kestrel:Endpoints:http must begin with https://", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_WithPlainAuthority_DoesNotStart()
    {
        var settings = _mesh.Settings("data");
        settings["Mesh:Auth:Authority"] = "http://auth";

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync("Production", settings));

        Assert.Contains("Mesh:Auth:Authority must begin with https://", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_WithCertificateOfAnotherCa_DoesNotStart()
    {
        using var other = new TestMeshCertificates();
        var settings = _mesh.Settings("data");
        settings["Mesh:Certificate:AuthorityPath"] = other.Install("data")["Mesh:Certificate:AuthorityPath"];

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("Production", settings));

        Assert.Contains("Peers would refuse", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_WithKeyOfAnother_DoesNotStart()
    {
        var settings = _mesh.Settings("data");
        settings["Mesh:Certificate:KeyPath"] = _mesh.Settings("gateway")["Mesh:Certificate:KeyPath"];

        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("Production", settings));
    }

    [Fact]
    public async Task HostThatOnlyCallsOthers_WithUselessCertificate_DoesNotStart()
    {
        using var ended = _mesh.Certificates.Issue("gateway", notBefore: DateTimeOffset.UtcNow.AddDays(-2), notAfter: DateTimeOffset.UtcNow.AddDays(-1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(_mesh.Certificates.Install("gateway", ended)).AddInMemoryCollection([new("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0")]);
        builder.AddServiceDefaults();
        await using var app = builder.Build();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync());

        Assert.Contains("NotTimeValid", exception.Message, StringComparison.Ordinal);
    }

    private static async Task StartAsync(string environment, Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment, ApplicationName = typeof(MeshHost).Assembly.GetName().Name });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Kestrel:Endpoints:probe:Url"] = "http://127.0.0.1:0" }).AddInMemoryCollection(settings);
        builder.AddServiceDefaults();
        builder.AddMeshAuthentication();
        builder.AddMeshRpc();
        await using var app = builder.Build();
        app.UseMesh();
        app.MapDefaultEndpoints();
        await app.StartAsync();
    }
}
