using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.DataService.Tests.Stores;

/// <summary>A fake of a provider's store: answers what a test says, and remembers what it was asked.</summary>
internal sealed class FakeStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<FakeRequest> _requests = new();

    private FakeStore(WebApplication app, Uri address) => (_app, Address) = (app, address);

    public Uri Address { get; }

    public IReadOnlyList<FakeRequest> Requests => [.. _requests];

    /// <param name="answer">To the request, and how many came before it.</param>
    public static async Task<FakeStore> StartAsync(Func<FakeRequest, int, FakeAnswer> answer)
    {
        // Of its own: nothing of the settings of the service whose tests these are.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath(), EnvironmentName = "Test" });
        builder.Logging.ClearProviders();
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
        builder.WebHost.UseUrls(address.ToString());
        var fake = new FakeStore(builder.Build(), address);
        fake._app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var request = new FakeRequest(
                context.Request.Path, context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync());
            var said = answer(request, fake._requests.Count);
            fake._requests.Enqueue(request);
            context.Response.StatusCode = said.Status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(said.Body);
        });
        await fake._app.StartAsync();
        return fake;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

internal sealed record FakeRequest(string Path, Dictionary<string, string> Headers, string Body);

internal sealed record FakeAnswer(int Status, string Body);
