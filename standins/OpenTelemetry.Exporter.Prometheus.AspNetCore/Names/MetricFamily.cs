using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter.Prometheus.Names;

/// <summary>What Prometheus calls a metric.</summary>
/// <param name="Name">Name in TYPE, HELP and UNIT.</param>
/// <param name="SampleName">Name of the samples of a counter or gauge; histograms append to <paramref name="Name"/>.</param>
/// <param name="Type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Unit">Unit as a word, or null.</param>
internal sealed record MetricFamily(string Name, string SampleName, string Type, string? Unit)
{
    private const string Total = "_total";

    public static MetricFamily Of(Metric metric, bool isOpenMetrics, bool disableTotalSuffix)
    {
        var type = TypeOf(metric.MetricType);
        var unit = string.IsNullOrEmpty(metric.Unit) ? null : PrometheusUnit.Of(metric.Unit);

        // The order is name, unit, "_total", whether the instrument's own name has the latter two or not.
        var name = PrometheusName.Sanitize(metric.Name);
        var isCounter = type == "counter";
        var hadTotal = isCounter && name.EndsWith(Total, StringComparison.Ordinal);
        if (hadTotal)
        {
            name = name[..^Total.Length];
        }

        if (unit is not null && !name.EndsWith(unit, StringComparison.Ordinal))
        {
            name = $"{name}_{unit}";
        }

        if (!isCounter)
        {
            return new MetricFamily(name, name, type, unit);
        }

        // OpenMetrics names the family without the suffix and demands it of the sample; the text format knows one name only.
        var full = isOpenMetrics || hadTotal || !disableTotalSuffix ? name + Total : name;
        return new MetricFamily(isOpenMetrics ? name : full, full, type, unit);
    }

    private static string TypeOf(MetricType type)
    {
        if (type.IsHistogram())
        {
            return "histogram";
        }

        // A sum that may fall is a gauge to Prometheus.
        return type is MetricType.LongSum or MetricType.DoubleSum ? "counter" : "gauge";
    }
}
