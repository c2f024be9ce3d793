using AiMesh.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Yarp.ReverseProxy.Configuration;

namespace AiMesh.Bench.Servers;

/// <summary>The servers that scenarios compare: ours, and the peer as its own documentation sets it up.</summary>
internal static class BenchServers
{
    public const string ReadyLine = "ready";
    private static readonly string[] Services = ["auth", "data", "ai", "iot"];

    public static async Task RunAsync(string server, string[] settings)
    {
        var app = server switch
        {
            "grpc-mesh" => MeshGrpc(settings),
            "grpc-mutual" => MutualGrpc(settings),
            "grpc-bare" => BareGrpc(settings),
            "backend" => Backend(settings),
            "gateway" => Gateway(settings),
            "yarp-bare" => BareYarp(settings),
            "page-bare" => BarePage(settings),
            _ => throw new ArgumentException($"There is no server {server}.", nameof(server)),
        };
        await app.StartAsync();
        Console.WriteLine(ReadyLine);
        await app.WaitForShutdownAsync();
    }

    private static WebApplication MeshGrpc(string[] settings)
    {
        var builder = Builder(settings, HttpProtocols.Http2);
        builder.Configuration["Mesh:Auth:Authority"] = settings[1];
        return MeshGrpc(builder);
    }

    /// <summary>The same behind mutual TLS; further settings are configuration, "Section:Key=value".</summary>
    private static WebApplication MutualGrpc(string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Kestrel:Endpoints:grpc:Url", settings[0].Replace("http:", "https:", StringComparison.Ordinal)), new("Kestrel:Endpoints:grpc:Protocols", "Http2"),
            .. settings[1..].Select(static setting => setting.Split('=', 2)).Select(static pair => new KeyValuePair<string, string?>(pair[0], pair[1])),
        ]);
        builder.WebHost.UseKestrelHttpsConfiguration();
        return MeshGrpc(builder);
    }

    private static WebApplication MeshGrpc(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddMeshAuthentication();
        builder.AddMeshRpc();
        Quiet(builder);
        var app = builder.Build();
        app.UseMesh();
        app.MapRpc<OrganisationsService>();
        return app;
    }

    private static WebApplication BareGrpc(string[] settings)
    {
        var builder = Builder(settings, HttpProtocols.Http2);
        builder.Services.AddGrpc();
        Quiet(builder);
        var app = builder.Build();
        app.MapGrpcService<OrganisationsService>();
        return app;
    }

    private static WebApplication Backend(string[] settings)
    {
        var builder = Builder(settings, HttpProtocols.Http1);
        Quiet(builder);
        var app = builder.Build();
        var body = new byte[1024];
        Array.Fill(body, (byte)'x');
        app.Run(context => context.Response.Body.WriteAsync(body).AsTask());
        return app;
    }

    /// <summary>
    /// In front of a whole mesh, each service of which is the backend: whatever is missing is looked for all the time, which its peer does not do. Without the cache, of which its
    /// peer has none; that is measured by itself.
    /// </summary>
    private static WebApplication Gateway(string[] settings) => GatewayApplication.Create(
    [
        "--contentRoot", AppContext.BaseDirectory, "--environment", "Test", "--Mesh:Certificate:Mode=None", $"--Kestrel:Endpoints:http:Url={settings[0]}", "--Cache:Enabled=false",
        .. Services.Select(service => $"--services:{service}:http:0={settings[1]}"),
        $"--Mesh:Auth:Authority={settings[2]}", "--Limits:Default:PermitsPerSecond=1000000", "--Limits:Default:Burst=1000000",
        "--Limits:Address:PermitsPerSecond=1000000", "--Limits:Address:Burst=1000000",
        "--Limits:Tiers:Free:PermitsPerSecond=1000000", "--Limits:Tiers:Free:Burst=1000000", "--Logging:LogLevel:Default=Error",
    ]);

    private static WebApplication BareYarp(string[] settings)
    {
        var builder = Builder(settings, HttpProtocols.Http1);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new RouteMatch { Path = "/{**rest}" } }],
            [new ClusterConfig { ClusterId = "backend", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = settings[1] } } }]);
        Quiet(builder);
        var app = builder.Build();
        app.MapReverseProxy();
        return app;
    }

    /// <summary>The page of rows as somebody without any policy would write it: one statement, JSON passed through.</summary>
    private static WebApplication BarePage(string[] settings)
    {
        var builder = Builder(settings, HttpProtocols.Http1);
        Quiet(builder);
        var app = builder.Build();
        var database = NpgsqlDataSource.Create(settings[1]);
        var table = settings[2];
        app.MapGet("/items", async (HttpContext context) =>
        {
            await using var command = database.CreateCommand($"SELECT id, fields::text FROM {table} ORDER BY id LIMIT 50");
            await using var reader = await command.ExecuteReaderAsync(context.RequestAborted);
            var items = new List<object>(50);
            while (await reader.ReadAsync(context.RequestAborted))
                items.Add(new { id = reader.GetString(0), fields = System.Text.Json.JsonDocument.Parse(reader.GetString(1)).RootElement });
            return Results.Json(new { items });
        });
        return app;
    }

    private static WebApplicationBuilder Builder(string[] settings, HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.Sources.Clear(); // The appsettings.json of services lie here as well.
        builder.Configuration.AddInMemoryCollection([new("Mesh:Certificate:Mode", "None")]);
        var address = new Uri(settings[0]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, address.Port, endpoint => endpoint.Protocols = protocols));
        return builder;
    }

    private static void Quiet(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
    }
}
