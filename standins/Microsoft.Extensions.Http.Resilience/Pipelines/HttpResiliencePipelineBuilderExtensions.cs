namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Splits a pipeline into instances, each with a breaker and a limiter of its own.</summary>
public static class HttpResiliencePipelineBuilderExtensions
{
    /// <summary>One instance per scheme, host and port.</summary>
    public static IHttpResiliencePipelineBuilder SelectPipelineByAuthority(this IHttpResiliencePipelineBuilder builder)
        => builder.SelectPipelineBy(static _ => PipelineSelection.ByAuthority());

    /// <summary>One instance per key.</summary>
    public static IHttpResiliencePipelineBuilder SelectPipelineBy(
        this IHttpResiliencePipelineBuilder builder,
        Func<IServiceProvider, Func<HttpRequestMessage, string>> selectorFactory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PipelineSelection.Use(builder.Services, builder.PipelineName, selectorFactory);
        return builder;
    }
}
