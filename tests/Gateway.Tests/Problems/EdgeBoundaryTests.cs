using System.Globalization;
using System.Net;
using AiMesh.Gateway.Problems;
using AiMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.Gateway.Tests.Problems;

/// <summary>Whatever ends a request at the gateway is told in one shape, and tells nothing of the inside (G5).</summary>
[Trait("Level", "Server")]
public sealed class EdgeBoundaryTests : IAsyncLifetime, IDisposable
{
    private readonly LogLines _log = new();
    private readonly TaskCompletionSource _hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders().AddProvider(_log);
        var port = FreePort.Next();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        _app = builder.Build();
        _app.UseMiddleware<EdgeBoundary>();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
    }

    public Task DisposeAsync() => _app.DisposeAsync().AsTask();

    public void Dispose()
    {
        _client.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Exception_IsA500_ThatTellsNothing_AndIsLogged()
    {
        using var response = await _client.GetAsync("/fault");

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.InternalServerError, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("X-Of-The-Answer"));
        Assert.Contains(_log.From(LogLevel.Error), static line => line.Contains("/fault failed unexpectedly", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/too-large", 413, "TOO_LARGE")]
    [InlineData("/bare", 404, "NOT_FOUND")]
    public async Task Refusal_WithoutABody_IsAProblem(string path, int status, string reason)
    {
        using var response = await _client.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"\"{reason}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(_log.From(LogLevel.Error), static line => line.Contains("unexpectedly", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refusal_WithABody_KeepsIt()
    {
        using var response = await _client.GetAsync("/worded");

        Assert.Equal((HttpStatusCode.NotFound, "not here"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task ExceptionWithinTheAnswer_BreaksItOff()
    {
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _client.GetStringAsync("/half"));
    }

    [Fact]
    public async Task ClientThatGoesAway_IsNoFault()
    {
        using var gone = new CancellationTokenSource();
        var call = _client.GetAsync("/hang", gone.Token);
        await _hangs.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _left.Task;

        // Whoever comes after is served, and by then whatever was to be logged has been.
        using var after = await _client.GetAsync("/worded");
        Assert.Equal(HttpStatusCode.NotFound, after.StatusCode);
        Assert.Empty(_log.From(LogLevel.Error));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers["X-Of-The-Answer"] = "1";
        switch (context.Request.Path)
        {
            case "/fault":
                throw new InvalidOperationException("Password=hunter2");
            case "/too-large":
                throw new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge);
            case "/bare":
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
            case "/worded":
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                await context.Response.WriteAsync("not here");
                break;
            case "/half":
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                throw new InvalidOperationException("Password=hunter2");
            default:
                _hangs.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
                finally
                {
                    _left.SetResult();
                }

                break;
        }
    }
}
