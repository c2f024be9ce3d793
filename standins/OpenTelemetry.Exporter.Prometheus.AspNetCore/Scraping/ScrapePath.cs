using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OpenTelemetry.Exporter.Prometheus.Scraping;

internal static class ScrapePath
{
    /// <summary>The given path, or that of the options, with a slash before it.</summary>
    public static string Of(string? path, IServiceProvider services, string? optionsName)
    {
        path ??= services.GetRequiredService<IOptionsMonitor<PrometheusAspNetCoreOptions>>().Get(optionsName ?? Options.DefaultName).ScrapeEndpointPath
            ?? PrometheusAspNetCoreOptions.DefaultScrapeEndpointPath;
        return path.StartsWith('/') ? path : $"/{path}";
    }
}
