using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace AiMesh.StandIns.Tests.Clients.Resilience;

/// <summary>A client with the standard pipeline, whose retries do not wait, over a handler of the test's.</summary>
internal sealed class ResilientClient : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public ResilientClient(
        HttpMessageHandler handler,
        Action<HttpStandardResilienceOptions>? configure = null,
        Action<IHttpStandardResiliencePipelineBuilder>? pipeline = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        var builder = services.AddHttpClient("test").ConfigurePrimaryHttpMessageHandler(() => handler).AddStandardResilienceHandler(options =>
        {
            options.Retry.Delay = TimeSpan.Zero;
            configure?.Invoke(options);
        });
        pipeline?.Invoke(builder);
        _services = services.BuildServiceProvider();
        Http = _services.GetRequiredService<IHttpClientFactory>().CreateClient("test");
    }

    public HttpClient Http { get; }

    public Task<HttpResponseMessage> GetAsync(string uri = "http://service/", CancellationToken cancellationToken = default)
        => Http.GetAsync(new Uri(uri), cancellationToken);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
