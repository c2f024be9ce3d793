using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Writes exemplars, which lead from a sample to a trace. Of several the latest is written: a sample may carry one.</summary>
internal static class ExemplarWriter
{
    // https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars
    private const int MaxLabelCharacters = 128;

    /// <summary>Writes the exemplar of a counter.</summary>
    public static void WriteLatest(Utf8Builder text, in MetricPoint point, bool isLong)
        => Write(text, Latest(in point, static _ => true), isLong);

    /// <summary>Writes the exemplar of a bucket that holds values above <paramref name="lower"/> up to <paramref name="upper"/>.</summary>
    public static void WriteLatest(Utf8Builder text, in MetricPoint point, double lower, double upper)
        => Write(text, Latest(in point, value => value > lower && value <= upper), isLong: false);

    public static double UnixSeconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;

    private static Exemplar? Latest(in MetricPoint point, Func<double, bool> fits)
    {
        Exemplar? latest = null;
        if (point.TryGetExemplars(out var exemplars))
        {
            foreach (ref readonly var exemplar in exemplars)
            {
                if (fits(exemplar.DoubleValue) && (latest is null || exemplar.Timestamp >= latest.Value.Timestamp))
                {
                    latest = exemplar;
                }
            }
        }

        return latest;
    }

    private static void Write(Utf8Builder text, Exemplar? candidate, bool isLong)
    {
        if (candidate is not { } exemplar)
        {
            return;
        }

        // A label set without labels is still written as one: the braces are part of an exemplar.
        var labels = Labels(exemplar);
        text.Append(" # ");
        _ = labels.Labels.Count == 0 ? text.Append("{}") : text.Append(labels);
        text.Append(" ");
        _ = isLong ? text.Append(exemplar.LongValue) : text.Append(exemplar.DoubleValue);
        text.Append(" ").Append(UnixSeconds(exemplar.Timestamp));
    }

    private static LabelSet Labels(in Exemplar exemplar)
    {
        var all = new LabelSet();
        if (exemplar.TraceId != default)
        {
            all.AddLabel("trace_id", exemplar.TraceId.ToHexString());
            all.AddLabel("span_id", exemplar.SpanId.ToHexString());
        }

        foreach (var (key, value) in exemplar.FilteredTags)
        {
            if (key is not ("trace_id" or "span_id"))
            {
                all.Add(key, value);
            }
        }

        // What does not fit is left away, the trace coming first.
        var fitting = new LabelSet();
        var characters = 0;
        foreach (var (name, value) in all.Labels)
        {
            characters += name.EnumerateRunes().Count() + value.EnumerateRunes().Count();
            if (characters > MaxLabelCharacters)
            {
                break;
            }

            fitting.AddLabel(name, value);
        }

        return fitting;
    }
}
