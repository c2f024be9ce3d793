using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using AiMesh.Gateway.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Tests.Settings;

/// <summary>The settings file changes while the gateway runs.</summary>
[Trait("Level", "Server")]
public sealed class LiveSettingsTests : IAsyncLifetime
{
    private const string AllWrong = """
        {
          "Limits": { "Ai": { "Burst": 0 }, "Brust": 1, "Default": { "PermitsPerSecond": "many" } },
          "Cors": { "Origins": [ "nonsense" ] },
          "Addresses": { "Deny": [ "10.0.0.0/99" ] },
          "Resilience": { "BreakerFailureRatio": 7 },
          "Signatures": { "Keys": { "k": { "Secret": "c2hvcnQ=", "Organisation": "o", "Subject": "s" } } },
          "ReverseProxy": { "Routes": {
            "astray": { "ClusterId": "nowhere", "Match": { "Path": "/x" }, "Metadata": { "Limit": "None" } },
            "broken": { "ClusterId": "data", "Match": { "Path": "/{**a}/{**b}" } },
            "unreadable": { "ClusterId": "data", "Order": "first", "Match": { "Path": "/y" } } } }
        }
        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"aimesh-settings-{Guid.NewGuid():N}.json");
    private GatewayFixture _gateway = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, "{}");
        _gateway = await GatewayFixture.StartAsync([$"Gateway:SettingsFile={_file}"]);
        _client = _gateway.Client(_gateway.Authority.Token("u", "o"));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task NewRouteAndLimit_HoldWithoutRestart()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/api/extra/x")).StatusCode);
        await File.WriteAllTextAsync(_file, """
            { "Limits": { "Default": { "PermitsPerSecond": 70, "Burst": 77 } },
              "ReverseProxy": { "Routes": { "extra": { "ClusterId": "data", "Match": { "Path": "/api/extra/{**rest}" } } } } }
            """);
        await WaitUntilAsync(async () => (await _client.GetAsync("/api/extra/x")).StatusCode == HttpStatusCode.OK);
        using var answer = await _client.GetAsync("/api/data/datasets");
        Assert.Equal("\"default\";q=77;w=2", answer.Headers.GetValues("RateLimit-Policy").Single());
    }

    [Theory]
    [InlineData(AllWrong)]
    [InlineData("{ this is not JSON")]
    public async Task InvalidChange_KeepsTheOldSettings_AndHealthSaysSoUntilItIsMended(string wrong)
    {
        await File.WriteAllTextAsync(_file, """{ "Limits": { "Default": { "PermitsPerSecond": 70, "Burst": 77 } } }""");
        await WaitUntilAsync(async () => (await _client.GetAsync("/api/data/datasets")).Headers.GetValues("RateLimit-Policy").Single() == "\"default\";q=77;w=2");

        await File.WriteAllTextAsync(_file, wrong);
        await WaitUntilAsync(async () => await HealthAsync() == "Degraded");
        using var answer = await _client.GetAsync("/api/data/datasets");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("\"default\";q=77;w=2", answer.Headers.GetValues("RateLimit-Policy").Single());

        await File.WriteAllTextAsync(_file, "{}");
        await WaitUntilAsync(async () => await HealthAsync() == "Healthy");
    }

    [Fact]
    public async Task AllErrors_AreReportedAtOnce_WithTheirKeys()
    {
        await File.WriteAllTextAsync(_file, AllWrong);
        await WaitUntilAsync(async () => await HealthAsync() == "Degraded");
        var errors = _gateway.Services.GetRequiredService<SettingsReader>().Read().Errors;
        string[] keys =
        [
            "Limits:Ai:Burst", "Limits:Brust", "Limits:Default:PermitsPerSecond", "Cors:Origins", "Addresses:Deny", "Resilience:BreakerFailureRatio", "Signatures:Keys:k:Secret",
            "Routes:astray: there is no cluster 'nowhere'", "Routes:astray: there is no limit group 'None'", "Routes:broken", "Routes:unreadable",
        ];
        Assert.All(keys, key => Assert.Contains(errors, error => error.Contains(key, StringComparison.Ordinal)));
        Assert.DoesNotContain(errors, error => error.Contains("c2hvcnQ=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task InvalidSettings_StopTheStart()
    {
        await File.WriteAllTextAsync(_file, """{ "Cors": { "Origins": [ "*" ], "AllowCredentials": true } }""");
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayFixture.StartAsync([$"Gateway:SettingsFile={_file}"], _gateway));
        Assert.Contains("Cors:AllowCredentials", refused.Message, StringComparison.Ordinal);
    }

    private async Task<string> HealthAsync()
    {
        using var answer = await _client.GetAsync("/health");
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!["settings"]!["status"]!.GetValue<string>();
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await condition())
            await Task.Delay(50, patience.Token);
    }
}
