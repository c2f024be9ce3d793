using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter.Prometheus.Scraping;
using OpenTelemetry.Metrics;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoint that Prometheus scrapes.</summary>
public static class PrometheusExporterEndpointRouteBuilderExtensions
{
    /// <summary>Maps the endpoint at the path of the options, by default <c>/metrics</c>.</summary>
    public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(this IEndpointRouteBuilder endpoints)
        => endpoints.MapPrometheusScrapingEndpoint(path: null, meterProvider: null, configureBranchedPipeline: null, optionsName: null);

    /// <summary>Maps the endpoint.</summary>
    public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(this IEndpointRouteBuilder endpoints, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return endpoints.MapPrometheusScrapingEndpoint(path, meterProvider: null, configureBranchedPipeline: null, optionsName: null);
    }

    /// <summary>Maps the endpoint.</summary>
    /// <param name="endpoints">The routes.</param>
    /// <param name="path">Path, or null for that of the options.</param>
    /// <param name="meterProvider">Whose metrics, or null for the application's provider.</param>
    /// <param name="configureBranchedPipeline">Adds middleware before the endpoint.</param>
    /// <param name="optionsName">Name of the options that hold the path.</param>
    /// <exception cref="ArgumentException">The provider has no Prometheus exporter.</exception>
    public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(
        this IEndpointRouteBuilder endpoints,
        string? path,
        MeterProvider? meterProvider,
        Action<IApplicationBuilder>? configureBranchedPipeline,
        string? optionsName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);

        // The provider first: building it runs the configuration that the path is read from.
        meterProvider ??= endpoints.ServiceProvider.GetRequiredService<MeterProvider>();

        var branch = endpoints.CreateApplicationBuilder();
        configureBranchedPipeline?.Invoke(branch);
        branch.UseMiddleware<PrometheusMiddleware>(meterProvider);
        return endpoints.Map(ScrapePath.Of(path, endpoints.ServiceProvider, optionsName), branch.Build());
    }
}
