using System.Globalization;
using System.Net.Http.Headers;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AiMesh.AuthService.Tests;

/// <summary>Another service of the mesh, which has nothing of AuthService but the documents that it publishes.</summary>
internal sealed class FollowingService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private FollowingService(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <summary>Starts a service whose one address takes a permission.</summary>
    public static async Task<FollowingService> StartAsync(Uri authority, string permission, Action<MeshAuthenticationOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.Sources.Clear(); // AuthService's appsettings.json lies beside the tests; it is not meant for this server.
        builder.Configuration.AddInMemoryCollection([new("Mesh:Auth:Authority", authority.ToString()), new("Mesh:Certificate:Mode", "None")]);
        builder.Logging.ClearProviders();
        builder.AddMeshAuthentication(configure);
        var app = builder.Build();
        app.Urls.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        app.UseMesh();
        app.MapGet("/", static () => "in").RequireAccess(permission);
        await app.StartAsync();
        return new FollowingService(app);
    }

    public async Task<HttpResponseMessage> GetAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) } };
        return await _http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }
}
