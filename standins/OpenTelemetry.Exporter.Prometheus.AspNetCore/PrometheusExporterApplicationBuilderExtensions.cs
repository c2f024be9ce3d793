using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter.Prometheus.Scraping;
using OpenTelemetry.Metrics;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the endpoint that Prometheus scrapes as a branch of the pipeline.</summary>
public static class PrometheusExporterApplicationBuilderExtensions
{
    /// <summary>Branches at the path of the options, by default <c>/metrics</c>.</summary>
    public static IApplicationBuilder UseOpenTelemetryPrometheusScrapingEndpoint(this IApplicationBuilder app)
        => app.UseOpenTelemetryPrometheusScrapingEndpoint(null, null, null, null, null);

    /// <summary>Branches at a path.</summary>
    public static IApplicationBuilder UseOpenTelemetryPrometheusScrapingEndpoint(this IApplicationBuilder app, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return app.UseOpenTelemetryPrometheusScrapingEndpoint(null, null, path, null, null);
    }

    /// <summary>Branches for certain requests, by their port for example.</summary>
    public static IApplicationBuilder UseOpenTelemetryPrometheusScrapingEndpoint(this IApplicationBuilder app, Func<HttpContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return app.UseOpenTelemetryPrometheusScrapingEndpoint(null, predicate, null, null, null);
    }

    /// <summary>Branches for certain requests, or else at a path.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="meterProvider">Whose metrics, or null for the application's provider.</param>
    /// <param name="predicate">Which requests; the path does not count then.</param>
    /// <param name="path">Path, or null for that of the options.</param>
    /// <param name="configureBranchedPipeline">Adds middleware before the endpoint.</param>
    /// <param name="optionsName">Name of the options that hold the path.</param>
    /// <exception cref="ArgumentException">The provider has no Prometheus exporter.</exception>
    public static IApplicationBuilder UseOpenTelemetryPrometheusScrapingEndpoint(
        this IApplicationBuilder app,
        MeterProvider? meterProvider,
        Func<HttpContext, bool>? predicate,
        string? path,
        Action<IApplicationBuilder>? configureBranchedPipeline,
        string? optionsName)
    {
        ArgumentNullException.ThrowIfNull(app);

        // The provider first: building it runs the configuration that the path is read from.
        meterProvider ??= app.ApplicationServices.GetRequiredService<MeterProvider>();

        return predicate is null
            ? app.Map(new PathString(ScrapePath.Of(path, app.ApplicationServices, optionsName)), Branch)
            : app.MapWhen(predicate, Branch);

        void Branch(IApplicationBuilder branch)
        {
            configureBranchedPipeline?.Invoke(branch);
            branch.UseMiddleware<PrometheusMiddleware>(meterProvider);
        }
    }
}
