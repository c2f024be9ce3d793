using OpenTelemetry.Exporter.Prometheus.Exposition;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter.Prometheus.Scraping;

/// <summary>Writes the metrics down when it is asked, instead of sending them.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    // A provider does not give its exporters away, while an exporter knows its provider. So those that are alive are listed.
    private static readonly Lock AliveLock = new();
    private static readonly List<WeakReference<PrometheusExporter>> Alive = [];

    private readonly PrometheusAspNetCoreOptions _options;
    private ExpositionWriter? _writer;

    public PrometheusExporter(PrometheusAspNetCoreOptions options, TimeProvider time)
    {
        _options = options;
        Scrapes = new ScrapeCoordinator(this, TimeSpan.FromMilliseconds(options.ScrapeResponseCacheDurationMilliseconds), time);
        lock (AliveLock)
        {
            Alive.Add(new WeakReference<PrometheusExporter>(this));
        }
    }

    /// <summary>Set by the metric reader.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>Where scrapes come in.</summary>
    public ScrapeCoordinator Scrapes { get; }

    /// <summary>The first exporter of a provider.</summary>
    public static PrometheusExporter? Of(MeterProvider provider)
    {
        lock (AliveLock)
        {
            foreach (var reference in Alive)
            {
                if (reference.TryGetTarget(out var exporter) && ReferenceEquals(exporter.ParentProvider, provider))
                {
                    return exporter;
                }
            }
        }

        return null;
    }

    /// <summary>Collects all metrics and writes them. Not for use by two threads at once.</summary>
    public byte[] Write(ExpositionFormat format)
    {
        var writer = new ExpositionWriter(format, _options);
        _writer = writer;
        try
        {
            // A reader that has nothing to report does not call Export, which is not a failure.
            writer.WriteTargetInfo(ParentProvider.GetResource());
            if (Collect is null || !Collect(Timeout.Infinite))
            {
                throw new InvalidOperationException("The metrics could not be collected.");
            }

            return writer.Finish();
        }
        finally
        {
            _writer = null;
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        if (_writer is not { } writer)
        {
            // A flush of the whole provider, and nobody to write for.
            return ExportResult.Success;
        }

        writer.WriteMetrics(batch);
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        lock (AliveLock)
        {
            Alive.RemoveAll(reference => !reference.TryGetTarget(out var exporter) || ReferenceEquals(exporter, this));
        }

        base.Dispose(disposing);
    }
}
