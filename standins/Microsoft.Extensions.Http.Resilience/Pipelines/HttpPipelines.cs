using Microsoft.Extensions.Options;
using Polly;
using Polly.Registry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>
/// The pipelines of the application. They belong to nobody shorter-lived: a client's handlers are replaced every few minutes,
/// while an open breaker has to stay open.
/// </summary>
internal sealed class HttpPipelines(
    IServiceProvider services,
    IOptionsMonitor<PipelineSelection> selections,
    PipelineTelemetry telemetry) : IDisposable, IAsyncDisposable
{
    private readonly ResiliencePipelineRegistry<HttpPipelineKey> _registry = new(new ResiliencePipelineRegistryOptions<HttpPipelineKey>
    {
        BuilderNameFormatter = static key => key.Name,
        InstanceNameFormatter = static key => key.Instance,
    });

    /// <summary>Says which pipeline a request goes through.</summary>
    public Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> Selector(
        string name,
        Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
    {
        if (selections.Get(name).Selector is { } selector)
        {
            return request => Get(new HttpPipelineKey(name, selector(request)), configure);
        }

        var pipeline = Get(new HttpPipelineKey(name, ""), configure);
        return _ => pipeline;
    }

    public void Dispose() => _registry.Dispose();

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private ResiliencePipeline<HttpResponseMessage> Get(
        HttpPipelineKey key,
        Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
        => _registry.TryGetPipeline<HttpResponseMessage>(key, out var pipeline)
            ? pipeline
            : _registry.GetOrAddPipeline<HttpResponseMessage>(
                key,
                (builder, context) =>
                {
                    builder.TelemetryListener = telemetry;
                    configure(builder, new ResilienceHandlerContext(services, context));
                });
}
