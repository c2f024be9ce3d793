using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace AiMesh.Bench.Scenarios;

/// <summary>The whole mesh with its demo data, as tests start it.</summary>
internal sealed class RunningMesh(DistributedApplication app) : IAsyncDisposable
{
    private const string Password = "Bench-mesh-2026!";

    public DistributedApplication App => app;

    public static async Task<RunningMesh> StartAsync()
    {
        foreach (var group in new[] { "Default", "Address", "SignIn", "Tiers__Professional" })
        {
            Environment.SetEnvironmentVariable($"Limits__{group}__PermitsPerSecond", "1000000");
            Environment.SetEnvironmentVariable($"Limits__{group}__Burst", "1000000");
        }

        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AiMesh_AppHost>([$"--Demo:Password={Password}"]);
        var app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway").WaitAsync(TimeSpan.FromMinutes(3));
        return new RunningMesh(app);
    }

    public async Task<AuthenticationHeaderValue> SignInAsync(string user)
    {
        using var client = app.CreateHttpClient("gateway", "http");
        using var response = await client.PostAsJsonAsync("/api/auth/login", new { email = $"{user}@demo.aimesh", password = Password });
        response.EnsureSuccessStatusCode();
        return new AuthenticationHeaderValue("Bearer", (await response.Content.ReadFromJsonAsync<JsonObject>())!["accessToken"]!.GetValue<string>());
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
