using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Configures a standard pipeline.</summary>
public static class HttpStandardResiliencePipelineBuilderExtensions
{
    /// <summary>Binds the options to a section, which must not be empty. A key that is no option fails the start.</summary>
    public static IHttpStandardResiliencePipelineBuilder Configure(
        this IHttpStandardResiliencePipelineBuilder builder,
        IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        if (!section.GetChildren().Any())
        {
            throw new ArgumentException("Configuration section cannot be empty.", nameof(section));
        }

        builder.Services.Configure<HttpStandardResilienceOptions>(
            builder.PipelineName,
            section,
            static binder => binder.ErrorOnUnknownConfiguration = true);
        return builder;
    }

    /// <summary>Changes the options.</summary>
    public static IHttpStandardResiliencePipelineBuilder Configure(
        this IHttpStandardResiliencePipelineBuilder builder,
        Action<HttpStandardResilienceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.Configure((options, _) => configure(options));
    }

    /// <summary>Changes the options with the help of services.</summary>
    public static IHttpStandardResiliencePipelineBuilder Configure(
        this IHttpStandardResiliencePipelineBuilder builder,
        Action<HttpStandardResilienceOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<HttpStandardResilienceOptions>(builder.PipelineName).Configure(configure);
        return builder;
    }

    /// <summary>
    /// One instance per scheme, host and port: a breaker that one service opens leaves the others alone. Without it all the
    /// requests of the pipeline share one.
    /// </summary>
    public static IHttpStandardResiliencePipelineBuilder SelectPipelineByAuthority(this IHttpStandardResiliencePipelineBuilder builder)
        => builder.SelectPipelineBy(static _ => PipelineSelection.ByAuthority());

    /// <summary>One instance per key.</summary>
    public static IHttpStandardResiliencePipelineBuilder SelectPipelineBy(
        this IHttpStandardResiliencePipelineBuilder builder,
        Func<IServiceProvider, Func<HttpRequestMessage, string>> selectorFactory)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PipelineSelection.Use(builder.Services, builder.PipelineName, selectorFactory);
        return builder;
    }
}
