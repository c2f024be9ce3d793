using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using AiMesh.Testing;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AiMesh.Bench.Scenarios;

/// <summary>The whole mesh with its demo data, as tests start it.</summary>
internal sealed class RunningMesh(DistributedApplication app) : IAsyncDisposable
{
    public const string Password = "Bench-mesh-2026!";

    public DistributedApplication App => app;

    /// <param name="settings">Further configuration, "--Section:Key=value".</param>
    public static async Task<RunningMesh> StartAsync(params string[] settings)
    {
        foreach (var group in new[] { "Default", "Address", "SignIn", "Tiers__Professional" })
        {
            Environment.SetEnvironmentVariable($"Limits__{group}__PermitsPerSecond", "1000000");
            Environment.SetEnvironmentVariable($"Limits__{group}__Burst", "1000000");
        }

        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AiMesh_AppHost>([$"--Demo:Password={Password}", .. settings]);
        var app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway").WaitAsync(TimeSpan.FromMinutes(3));
        return new RunningMesh(app);
    }

    public async Task<AuthenticationHeaderValue> SignInAsync(string user) => new("Bearer", (await LoginAsync(user))["accessToken"]!.GetValue<string>());

    /// <summary>The refresh token of a new session.</summary>
    public async Task<string> RefreshTokenAsync(string user) => (await LoginAsync(user))["refreshToken"]!.GetValue<string>();

    private async Task<JsonObject> LoginAsync(string user)
    {
        using var client = app.CreateHttpClient("gateway", "http");
        using var response = await client.PostAsJsonAsync("/api/auth/login", new { email = $"{user}@demo.aimesh", password = Password });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    /// <summary>A client of services' own ports, which take calls of mesh peers only: it shows the gateway's certificate.</summary>
    public HttpClient PeerClient()
    {
        var folder = Path.Combine(app.Services.GetRequiredService<IAspireStore>().BasePath, "certificates", "services", "gateway");
        return TestMeshCertificates.Caller(X509Certificate2.CreateFromPemFile(Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key")));
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
