extern alias gateway;

using System.Globalization;
using System.Net.Http.Headers;
using AiMesh.Testing;
using gateway::AiMesh.Gateway.Caching;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.DataService.Tests.Caching;

/// <summary>The gateway as it is, in front of a DataService.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayHost(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    public AnswerStore Store => _app.Services.GetRequiredService<AnswerStore>();

    /// <param name="service">In front of which it stands.</param>
    /// <param name="authority">Whose tokens it believes.</param>
    /// <param name="grpc">Where it hears of writes, where that is not the service itself.</param>
    /// <param name="settings">Further configuration, <c>Section:Key=value</c>.</param>
    public static async Task<GatewayHost> StartAsync(DataServiceHost service, TestAuthority authority, Uri? grpc = null, params string[] settings)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        var dead = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        string[] all =
        [
            $"Kestrel:Endpoints:http:Url={address}", "Logging:LogLevel:Default=Warning", "Logging:LogLevel:Yarp=Error",
            $"services:data:http:0={service.HttpAddress}", $"services:data:grpc:0={grpc ?? new Uri($"http://{service.Channel.Target}")}",
            .. new[] { "auth", "ai", "iot" }.SelectMany(name => new[] { $"services:{name}:http:0={dead}", $"services:{name}:grpc:0={dead}" }),
            .. new[] { "Default", "Address", "Tiers:Free" }.SelectMany(group => new[] { $"Limits:{group}:PermitsPerSecond=100000", $"Limits:{group}:Burst=100000" }),
            "Cache:Patience=00:01:00",
            .. authority.Settings.Select(setting => $"{setting.Key}={setting.Value}"),
            .. settings,
        ];
        var app = gateway::AiMesh.Gateway.GatewayApplication.Create(
            ["--contentRoot", Path.Combine(DataServiceHost.RepositoryRoot(), "Gateway"), "--environment", "Test", .. all.Select(setting => $"--{setting}")]);
        await app.StartAsync();
        var host = new GatewayHost(app, address);
        await host.UntilAsync(store => store.IsOpen);
        return host;
    }

    /// <summary>Waits for something that takes a moment.</summary>
    public async Task UntilAsync(Func<AnswerStore, bool> holds)
    {
        for (var i = 0; !holds(Store); i++)
        {
            Assert.True(i < 600, "It does not come to be.");
            await Task.Delay(50);
        }
    }

    public HttpClient Client(string token)
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
