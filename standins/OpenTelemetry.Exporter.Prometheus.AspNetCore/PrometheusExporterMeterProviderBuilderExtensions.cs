using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Exporter;
using OpenTelemetry.Exporter.Prometheus.Scraping;

namespace OpenTelemetry.Metrics;

/// <summary>Adds the Prometheus exporter to a meter provider.</summary>
public static class PrometheusExporterMeterProviderBuilderExtensions
{
    /// <summary>Adds the exporter.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(this MeterProviderBuilder builder)
        => builder.AddPrometheusExporter(name: null, configure: null);

    /// <summary>Adds the exporter and configures it.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(
        this MeterProviderBuilder builder,
        Action<PrometheusAspNetCoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddPrometheusExporter(name: null, configure);
    }

    /// <summary>Adds the exporter with named options.</summary>
    public static MeterProviderBuilder AddPrometheusExporter(
        this MeterProviderBuilder builder,
        string? name,
        Action<PrometheusAspNetCoreOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);

        name ??= Options.DefaultName;
        if (configure is not null)
        {
            builder.ConfigureServices(services => services.Configure(name, configure));
        }

        return builder.AddReader(services => CreateReader(
            services.GetRequiredService<IOptionsMonitor<PrometheusAspNetCoreOptions>>().Get(name),
            services.GetService<TimeProvider>() ?? TimeProvider.System));
    }

    // Prometheus computes rates itself, so it needs totals and not differences.
    private static BaseExportingMetricReader CreateReader(PrometheusAspNetCoreOptions options, TimeProvider time)
        => new(new PrometheusExporter(options, time)) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
}
