using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds resilience pipelines to HTTP clients.</summary>
public static class ResilienceHttpClientBuilderExtensions
{
    private const string StandardPipeline = "standard";

    /// <summary>
    /// Adds the standard pipeline: rate limiter, total timeout, retry, circuit breaker, attempt timeout. The client's own
    /// timeout is switched off in its favour. See <see cref="HttpStandardResilienceOptions"/> for the numbers.
    /// </summary>
    /// <remarks>
    /// An attempt ends with the response's headers. A server that sends none before its first message, as gRPC servers do for
    /// duplex streams, is cut off by the attempt timeout: such clients need another pipeline, or none.
    /// </remarks>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var name = PipelineName(builder, StandardPipeline);
        builder.Services.AddOptionsWithValidateOnStart<HttpStandardResilienceOptions, HttpStandardResilienceOptionsValidator>(name);
        builder.AddResilienceHandler(StandardPipeline, (pipeline, context) =>
        {
            context.EnableReloads<HttpStandardResilienceOptions>(name);
            var options = context.GetOptions<HttpStandardResilienceOptions>(name);
            pipeline
                .AddRateLimiter(options.RateLimiter)
                .AddTimeout(options.TotalRequestTimeout)
                .AddRetry(options.Retry)
                .AddCircuitBreaker(options.CircuitBreaker)
                .AddTimeout(options.AttemptTimeout);
        });
        builder.ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan);
        return new HttpResiliencePipelineBuilder(name, builder.Services);
    }

    /// <summary>Adds the standard pipeline with options from a section.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder, IConfigurationSection section)
        => builder.AddStandardResilienceHandler().Configure(section);

    /// <summary>Adds the standard pipeline and changes its options.</summary>
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(
        this IHttpClientBuilder builder,
        Action<HttpStandardResilienceOptions> configure)
        => builder.AddStandardResilienceHandler().Configure(configure);

    /// <summary>Adds a pipeline of the caller's own.</summary>
    public static IHttpResiliencePipelineBuilder AddResilienceHandler(
        this IHttpClientBuilder builder,
        string pipelineName,
        Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddResilienceHandler(pipelineName, (pipeline, _) => configure(pipeline));
    }

    /// <summary>Adds a pipeline of the caller's own.</summary>
    public static IHttpResiliencePipelineBuilder AddResilienceHandler(
        this IHttpClientBuilder builder,
        string pipelineName,
        Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(pipelineName);
        ArgumentNullException.ThrowIfNull(configure);

        var name = PipelineName(builder, pipelineName);
        builder.Services.AddMetrics();
        builder.Services.TryAddSingleton<PipelineTelemetry>();
        builder.Services.TryAddSingleton<HttpPipelines>();
        builder.AddHttpMessageHandler(
            provider => new ResilienceHandler(provider.GetRequiredService<HttpPipelines>().Selector(name, configure)));
        return new HttpResiliencePipelineBuilder(name, builder.Services);
    }

    /// <summary>Takes away the resilience handlers added so far, those of the client defaults included.</summary>
    [Experimental("EXTEXP0001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
    public static IHttpClientBuilder RemoveAllResilienceHandlers(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
        {
            for (var i = handlers.Count - 1; i >= 0; i--)
            {
                if (handlers[i] is ResilienceHandler)
                {
                    handlers.RemoveAt(i);
                }
            }
        });
    }

    // Client defaults have no name; all the clients that only have those share their pipeline.
    private static string PipelineName(IHttpClientBuilder builder, string pipelineName) => $"{builder.Name}-{pipelineName}";
}
