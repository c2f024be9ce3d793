using System.Globalization;
using OpenTelemetry.Exporter.Prometheus.Names;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Labels in the order they were added.</summary>
internal sealed class LabelSet
{
    private readonly List<KeyValuePair<string, string>> _labels = [];

    public IReadOnlyList<KeyValuePair<string, string>> Labels => _labels;

    public LabelSet Copy()
    {
        var copy = new LabelSet();
        copy._labels.AddRange(_labels);
        return copy;
    }

    /// <summary>Adds an attribute under its label name.</summary>
    public void Add(string key, object? value) => AddLabel(PrometheusName.SanitizeLabel(key), Text(value));

    /// <summary>Adds a label whose name is known to be valid.</summary>
    public void AddLabel(string name, string value)
    {
        var same = _labels.FindIndex(label => label.Key == name);
        if (same < 0)
        {
            _labels.Add(KeyValuePair.Create(name, value));
            return;
        }

        // "a.b" and "a_b" become one label, and none of the values may get lost:
        // https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
        _labels[same] = KeyValuePair.Create(name, $"{_labels[same].Value};{value}");
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool truth => truth ? "true" : "false",
        double number => CanonicalNumber.Label(number),
        float number => CanonicalNumber.Label(number),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
