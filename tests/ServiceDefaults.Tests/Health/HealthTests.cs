using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AiMesh.ServiceDefaults.Tests.Hosting;
using AiMesh.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AiMesh.ServiceDefaults.Tests.Health;

public sealed class HealthTests : IAsyncLifetime
{
    private TestAuthority _authority = null!;

    public async Task InitializeAsync() => _authority = await TestAuthority.StartAsync();

    public async Task DisposeAsync() => await _authority.DisposeAsync();

    [Fact]
    public async Task Health_NamesEachCheck()
    {
        await using var host = await MeshHost.StartAsync(_authority);
        await Eventually.HoldsAsync(async () => (await GetAsync(host, "/health")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(5));

        var (_, report) = await GetAsync(host, "/health");

        Assert.Equal("Healthy", report.GetProperty("status").GetString());
        foreach (var check in new[] { "self", "authority" })
        {
            Assert.Equal("Healthy", report.GetProperty("checks").GetProperty(check).GetProperty("status").GetString());
            Assert.InRange(report.GetProperty("checks").GetProperty(check).GetProperty("durationMs").GetDouble(), 0, 1000);
        }
    }

    [Fact]
    public async Task Health_OfABrokenDependency_IsUnavailableWithoutTheCause()
    {
        await using var host = await MeshHost.StartAsync(_authority, static builder => builder.Services.AddHealthChecks()
            .AddCheck("vault", static () => throw new InvalidOperationException("Host=10.0.0.7;Password=hunter2"))
            .AddCheck("model", static () => HealthCheckResult.Unhealthy("key sk-123 refused")));

        var (status, report) = await GetAsync(host, "/health");
        var (alive, _) = await GetAsync(host, "/alive");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("Unhealthy", report.GetProperty("checks").GetProperty("vault").GetProperty("status").GetString());
        Assert.DoesNotContain("hunter2", report.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-123", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("key sk-123 refused", host.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Error ", host.Log.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, alive);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Report)> GetAsync(MeshHost host, string path)
    {
        using var response = await host.Http.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }
}
