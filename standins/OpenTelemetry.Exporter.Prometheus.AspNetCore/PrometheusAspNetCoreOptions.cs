namespace OpenTelemetry.Exporter;

/// <summary>Options of the Prometheus exporter.</summary>
public class PrometheusAspNetCoreOptions
{
    internal const string DefaultScrapeEndpointPath = "/metrics";

    // Below this the buffer a response begins with would not fit.
    private const int MinScrapeResponseSizeBytes = 85_000;

    private int _cacheDuration = 300;
    private int _maxSize = MinScrapeResponseSizeBytes * 2048;

    /// <summary>Path of the endpoint. Default: <c>/metrics</c>.</summary>
    public string? ScrapeEndpointPath { get; set; } = DefaultScrapeEndpointPath;

    /// <summary>Leaves <c>_total</c> away from counters in the text format; OpenMetrics demands it. Default: false.</summary>
    public bool DisableTotalNameSuffixForCounters { get; set; }

    /// <summary>Adds <c>otel_scope_*</c> labels: name, version, schema URL and tags of the meter. Default: true.</summary>
    public bool ScopeInfoEnabled { get; set; } = true;

    /// <summary>Adds <c>target_info</c> with the resource's attributes. Default: true.</summary>
    public bool TargetInfoEnabled { get; set; } = true;

    /// <summary>Picks resource attributes, by key, to be labels of every series. Default: null, none.</summary>
    public Func<string, bool>? ResourceConstantLabels { get; set; }

    /// <summary>Age in milliseconds up to which a response is given again; 0 collects for each scrape. Default: 300.</summary>
    public int ScrapeResponseCacheDurationMilliseconds
    {
        get => _cacheDuration;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _cacheDuration = value;
        }
    }

    /// <summary>Size in bytes at which a scrape fails. Default: about 166 MiB; at least 85,000.</summary>
    public int MaxScrapeResponseSizeBytes
    {
        get => _maxSize;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, MinScrapeResponseSizeBytes);
            _maxSize = value;
        }
    }
}
