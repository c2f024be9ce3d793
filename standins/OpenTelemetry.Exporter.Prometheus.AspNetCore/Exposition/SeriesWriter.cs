using OpenTelemetry.Exporter.Prometheus.Names;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Writes the samples of a metric.</summary>
internal sealed class SeriesWriter(Utf8Builder text, ExpositionFormat format, PrometheusAspNetCoreOptions options, LabelSet resourceLabels)
{
    public void Write(MetricFamily family, Metric metric)
    {
        var scope = ScopeLabels(metric);
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (metric.MetricType.IsHistogram())
            {
                WriteHistogram(family, in point, Labels(scope, point.Tags, reserved: "le"));
            }
            else
            {
                WriteNumber(family, metric.MetricType, in point, Labels(scope, point.Tags, reserved: null));
            }
        }
    }

    private void WriteNumber(MetricFamily family, MetricType type, in MetricPoint point, LabelSet labels)
    {
        text.Append(family.SampleName).Append(labels).Append(" ");
        switch (type.IsSum(), type.IsLong())
        {
            case (true, true):
                text.Append(point.GetSumLong());
                break;
            case (true, false):
                text.Append(point.GetSumDouble());
                break;
            case (false, true):
                text.Append(point.GetGaugeLastValueLong());
                break;
            default:
                text.Append(point.GetGaugeLastValueDouble());
                break;
        }

        var isCounter = family.Type == "counter";
        if (format.IsOpenMetrics && isCounter)
        {
            ExemplarWriter.WriteLatest(text, in point, type.IsLong());
        }

        text.Append("\n");
        if (isCounter)
        {
            WriteCreated(family, in point, labels);
        }
    }

    private void WriteHistogram(MetricFamily family, in MetricPoint point, LabelSet labels)
    {
        long cumulative = 0;
        var lower = double.NegativeInfinity;
        var hasNegativeBound = false;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            hasNegativeBound |= bucket.ExplicitBound < 0;
            WriteBucket(family, in point, labels, lower, bucket.ExplicitBound, cumulative);
            lower = bucket.ExplicitBound;
        }

        // A view can take the buckets away; the last one is still demanded.
        if (!double.IsPositiveInfinity(lower))
        {
            WriteBucket(family, in point, labels, lower, double.PositiveInfinity, point.GetHistogramCount());
        }

        // OpenMetrics forbids the sum, and with it the count, where values can be negative: it would not be a counter.
        if (!format.IsOpenMetrics || !hasNegativeBound)
        {
            text.Append(family.Name).Append("_sum").Append(labels).Append(" ").Append(point.GetHistogramSum()).Append("\n");
            text.Append(family.Name).Append("_count").Append(labels).Append(" ").Append(point.GetHistogramCount()).Append("\n");
        }

        WriteCreated(family, in point, labels);
    }

    private void WriteBucket(MetricFamily family, in MetricPoint point, LabelSet labels, double lower, double upper, long count)
    {
        var bound = format.IsOpenMetrics ? CanonicalNumber.Label(upper) : CanonicalNumber.Value(upper);
        text.Append(family.Name).Append("_bucket").Append(labels, "le", bound).Append(" ").Append(count);
        if (format.IsOpenMetrics)
        {
            ExemplarWriter.WriteLatest(text, in point, lower, upper);
        }

        text.Append("\n");
    }

    private void WriteCreated(MetricFamily family, in MetricPoint point, LabelSet labels)
    {
        if (format.IsOpenMetrics)
        {
            text.Append(family.Name).Append("_created").Append(labels).Append(" ")
                .Append(ExemplarWriter.UnixSeconds(point.StartTime)).Append("\n");
        }
    }

    private LabelSet ScopeLabels(Metric metric)
    {
        var labels = new LabelSet();
        if (!options.ScopeInfoEnabled)
        {
            return labels;
        }

        labels.AddLabel("otel_scope_name", metric.MeterName);
        AddIfSet("otel_scope_version", metric.MeterVersion);
        AddIfSet("otel_scope_schema_url", metric.MeterSchemaUrl);
        foreach (var (key, value) in metric.MeterTags ?? [])
        {
            // Names that the scope itself has taken are not for its tags.
            if (PrometheusName.SanitizeLabel($"otel_scope_{key}") is not ("otel_scope_name" or "otel_scope_version" or "otel_scope_schema_url"))
            {
                labels.Add($"otel_scope_{key}", value);
            }
        }

        return labels;

        void AddIfSet(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                labels.AddLabel(name, value);
            }
        }
    }

    private LabelSet Labels(LabelSet scope, ReadOnlyTagCollection tags, string? reserved)
    {
        var labels = scope.Copy();
        foreach (var (key, value) in tags)
        {
            if (PrometheusName.SanitizeLabel(key) != reserved)
            {
                labels.Add(key, value);
            }
        }

        foreach (var (name, value) in resourceLabels.Labels)
        {
            labels.AddLabel(name, value);
        }

        return labels;
    }
}
