using AiMesh.Probe.V1;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Tests.Hosting;

/// <summary>A service with all the defaults, on Kestrel and loopback: HTTP/1.1 on one port, gRPC on another.</summary>
internal sealed class MeshHost : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private MeshHost(WebApplication app, LogSink log)
    {
        App = app;
        Log = log;

        // Kestrel listens in the order of the endpoints' names: grpc, http.
        var addresses = app.Urls.ToArray();
        GrpcAddress = new Uri(addresses[0]);
        Http = new HttpClient { BaseAddress = new Uri(addresses[1]) };
        _channel = GrpcChannel.ForAddress(GrpcAddress);
        Probe = new Probe.V1.Probe.ProbeClient(_channel);
    }

    public WebApplication App { get; }

    public LogSink Log { get; }

    public HttpClient Http { get; }

    public Uri GrpcAddress { get; }

    public ChannelBase Channel => _channel;

    public Probe.V1.Probe.ProbeClient Probe { get; }

    public static async Task<MeshHost> StartAsync(
        TestAuthority authority,
        Action<WebApplicationBuilder>? configure = null,
        Action<WebApplication>? map = null,
        IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var log = new LogSink();
        var app = Build(authority, log, configure, map ?? (static app => app.MapRpc<ProbeService>()), settings);
        await app.StartAsync();
        return new MeshHost(app, log);
    }

    /// <summary>The service as its Program.cs would build it, not started.</summary>
    public static WebApplication Build(
        TestAuthority authority, LogSink log, Action<WebApplicationBuilder>? configure, Action<WebApplication> map, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development", ApplicationName = typeof(MeshHost).Assembly.GetName().Name });
        builder.Configuration.AddInMemoryCollection(authority.Settings);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:http:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:http:Protocols"] = "Http1",
            ["Kestrel:Endpoints:grpc:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:grpc:Protocols"] = "Http2",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.AddServiceDefaults();
        builder.AddMeshAuthentication();
        builder.AddMeshRpc();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseMesh();
        app.MapDefaultEndpoints();
        map(app);
        return app;
    }

    public static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        Http.Dispose();
        await App.DisposeAsync();
    }
}
