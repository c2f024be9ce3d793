using System.Security.Cryptography.X509Certificates;
using AiMesh.ServiceDefaults.ServiceIdentity;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace AiMesh.ServiceDefaults.Tests.ServiceIdentity;

/// <summary>A CA, an authority, and services with mutual TLS, as many as a test starts.</summary>
public sealed class MutualMesh : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];
    private readonly X509Certificate2 _authCertificate;

    private MutualMesh() => _authCertificate = Certificates.Issue("auth");

    internal TestMeshCertificates Certificates { get; } = new();

    internal TestAuthority Authority { get; private set; } = null!;

    internal Metadata Alice => MeshHost.Bearer(Authority.Token(permissions: ["data:read:surveys"]));

    public static async Task<MutualMesh> StartAsync()
    {
        var mesh = new MutualMesh();
        mesh.Authority = await TestAuthority.StartAsync(mesh._authCertificate);
        return mesh;
    }

    /// <summary>Starts a service that has "/who" to say which peer calls, and "/gateway-only"; and the probe contract, likewise.</summary>
    internal async Task<MeshHost> StartServiceAsync(string name, Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? configure = null)
    {
        var all = Settings(name);
        foreach (var (key, value) in settings ?? []) all[key] = value;
        var host = await MeshHost.StartAsync(Authority, configure, Map, all);
        _started.Add(host);
        return host;
    }

    /// <summary>What a service of that name is configured with; its files are written.</summary>
    internal Dictionary<string, string?> Settings(string name) => new(Certificates.Install(name))
    {
        ["Kestrel:Endpoints:http:Url"] = "https://127.0.0.1:0",
        ["Kestrel:Endpoints:grpc:Url"] = "https://127.0.0.1:0",
        ["Kestrel:Endpoints:probe:Url"] = "http://127.0.0.1:0",
    };

    internal static void Map(WebApplication app)
    {
        app.MapRpc<ProbeService>();
        app.MapGet("/who", static (HttpContext context) => context.GetMeshPeer()?.Service ?? "nobody").AllowAnonymous();
        app.MapGet("/gateway-only", static () => "come in").AllowAnonymous().RequirePeers("gateway");
    }

    internal static Uri Address(MeshHost host, string endpoint) => new(host.App.Urls.ElementAt(endpoint switch { "grpc" => 0, "http" => 1, _ => 2 }));

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _started) await started.DisposeAsync();
        await Authority.DisposeAsync();
        _authCertificate.Dispose();
        Certificates.Dispose();
    }
}
