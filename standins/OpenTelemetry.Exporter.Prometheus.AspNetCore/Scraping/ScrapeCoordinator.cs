using OpenTelemetry.Exporter.Prometheus.Exposition;

namespace OpenTelemetry.Exporter.Prometheus.Scraping;

/// <summary>
/// Gives scrapes that come together, or shortly after one another, the same response, so that several Prometheus servers (or
/// a client gone wild) cost no more than one.
/// </summary>
internal sealed class ScrapeCoordinator(PrometheusExporter exporter, TimeSpan cacheDuration, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Lock _turn = new();
    private readonly Dictionary<ExpositionFormat, Task<Scrape>> _latest = [];

    /// <summary>The metrics in a format.</summary>
    public Task<Scrape> GetAsync(ExpositionFormat format)
    {
        lock (_lock)
        {
            if (_latest.TryGetValue(format, out var latest) && (!latest.IsCompleted || IsFresh(latest)))
            {
                return latest;
            }

            return _latest[format] = Task.Run(() => Collect(format));
        }
    }

    private bool IsFresh(Task<Scrape> scrape)
        => scrape.IsCompletedSuccessfully && time.GetElapsedTime(scrape.Result.Taken) < cacheDuration;

    // One collection at a time: the metric reader would give a second one the result of the first, in the first one's format.
    private Scrape Collect(ExpositionFormat format)
    {
        lock (_turn)
        {
            var generated = time.GetUtcNow();
            return new Scrape(exporter.Write(format), generated, time.GetTimestamp());
        }
    }
}
