using OpenTelemetry.Exporter.Prometheus.Names;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Writes one response.</summary>
internal sealed class ExpositionWriter(ExpositionFormat format, PrometheusAspNetCoreOptions options)
{
    private readonly Utf8Builder _text = new(options.MaxScrapeResponseSizeBytes);
    private readonly LabelSet _resourceLabels = new();

    /// <summary>Writes the resource as a metric of its own, and keeps what every series is to carry of it.</summary>
    public void WriteTargetInfo(Resource resource)
    {
        var all = new LabelSet();
        foreach (var (key, value) in resource.Attributes)
        {
            all.Add(key, value);
            if (options.ResourceConstantLabels?.Invoke(key) == true)
            {
                _resourceLabels.Add(key, value);
            }
        }

        if (!options.TargetInfoEnabled || all.Labels.Count == 0)
        {
            return;
        }

        // The text format has no type "info", so it is a gauge with the value 1 there.
        _text.Append(format.IsOpenMetrics
            ? "# TYPE target info\n# HELP target Target metadata\n"
            : "# TYPE target_info gauge\n# HELP target_info Target metadata\n");
        _text.Append("target_info").Append(all).Append(" 1\n");
    }

    public void WriteMetrics(in Batch<Metric> batch)
    {
        // Instruments of several meters may share a name; their samples must stand together under one head.
        var families = new OrderedDictionary<string, (MetricFamily Family, List<Metric> Metrics)>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            // Prometheus' text formats cannot express exponential histograms.
            if (metric.MetricType == MetricType.ExponentialHistogram)
            {
                continue;
            }

            var family = MetricFamily.Of(metric, format.IsOpenMetrics, options.DisableTotalNameSuffixForCounters);
            if (!families.TryGetValue(family.Name, out var known))
            {
                families.Add(family.Name, known = (family, []));
            }

            // A family has one type. Of two instruments that contradict each other the first one stands.
            if (known.Family.Type == family.Type)
            {
                known.Metrics.Add(metric);
            }
        }

        var series = new SeriesWriter(_text, format, options, _resourceLabels);
        foreach (var (family, metrics) in families.Values)
        {
            WriteHead(family, metrics);
            foreach (var metric in metrics)
            {
                series.Write(family, metric);
            }
        }
    }

    public byte[] Finish()
    {
        if (format.IsOpenMetrics)
        {
            _text.Append("# EOF\n");
        }

        return _text.ToArray();
    }

    private void WriteHead(MetricFamily family, List<Metric> metrics)
    {
        _text.Append("# TYPE ").Append(family.Name).Append(" ").Append(family.Type).Append("\n");

        if (format.IsOpenMetrics && family.Unit is not null)
        {
            _text.Append("# UNIT ").Append(family.Name).Append(" ").Append(family.Unit).Append("\n");
        }

        if (metrics.Select(static metric => metric.Description).FirstOrDefault(static text => !string.IsNullOrEmpty(text)) is { } help)
        {
            _text.Append("# HELP ").Append(family.Name).Append(" ").AppendEscaped(help, quotes: format.IsOpenMetrics).Append("\n");
        }
    }
}
