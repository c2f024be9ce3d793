using System.Globalization;
using System.Net.Http.Headers;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;

namespace AiMesh.Gateway.Tests;

/// <summary>The gateway on a port of its own, before a service that shows what reached it, and an authority that issues tokens.</summary>
public sealed class GatewayFixture : IAsyncLifetime, IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];
    private WebApplication? _gateway;

    public TestAuthority Authority { get; private set; } = null!;

    public EchoService Service { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    /// <summary>Further settings, "Section:Key=value"; set before the fixture starts.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The services of the gateway, for what no client sees.</summary>
    public IServiceProvider Services => _gateway?.Services ?? throw new InvalidOperationException("The gateway has not started.");

    /// <summary>A gateway with further settings; a second replica shares the authority and the service of <paramref name="first"/>.</summary>
    public static async Task<GatewayFixture> StartAsync(IReadOnlyList<string> settings, GatewayFixture? first = null)
    {
        var gateway = new GatewayFixture { Settings = settings };
        if (first is not null)
            (gateway.Authority, gateway.Service) = (first.Authority, first.Service);
        await gateway.InitializeAsync();
        return gateway;
    }

    public async Task InitializeAsync()
    {
        if (Authority is null)
        {
            Authority = await TestAuthority.StartAsync();
            Service = await EchoService.StartAsync();
            _started.AddRange([Authority, Service]);
        }

        var port = FreePort.Next();
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        var dead = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        string[] settings =
        [
            $"Kestrel:Endpoints:http:Url={Address}", "Logging:LogLevel:Default=Warning", "Logging:LogLevel:Yarp=Error",
            $"services:data:http:0={Service.Http}", $"services:data:grpc:0={Service.Grpc}",
            $"services:iot:http:0={Service.Http}", $"services:iot:grpc:0={Service.Grpc}",
            $"services:auth:http:0={Service.Http}", $"services:auth:grpc:0={Service.Grpc}",
            $"services:ai:http:0={dead}", $"services:ai:grpc:0={dead}",
            .. Authority.Settings.Select(setting => $"{setting.Key}={setting.Value}"),
            .. Settings,
        ];
        _gateway = GatewayApplication.Create(["--contentRoot", AppContext.BaseDirectory, "--environment", "Test", .. settings.Select(setting => $"--{setting}")]);
        await _gateway.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        foreach (var started in _started)
            await started.DisposeAsync();
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    public HttpClient Client(string? token = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
