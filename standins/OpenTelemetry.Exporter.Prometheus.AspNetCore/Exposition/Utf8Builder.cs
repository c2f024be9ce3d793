using System.Buffers;
using System.Globalization;
using System.Text;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Text in UTF-8 with a limit.</summary>
internal sealed class Utf8Builder(int maxBytes)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(16 * 1024);

    public Utf8Builder Append(string text)
    {
        var written = Encoding.UTF8.GetBytes(text, _bytes);
        _ = written;
        return _bytes.WrittenCount <= maxBytes
            ? this
            : throw new InvalidOperationException($"The metrics exceed MaxScrapeResponseSizeBytes ({maxBytes}).");
    }

    public Utf8Builder Append(long number) => Append(number.ToString(CultureInfo.InvariantCulture));

    public Utf8Builder Append(double number) => Append(CanonicalNumber.Value(number));

    /// <summary>Appends text with backslashes and line ends escaped, and quotes as well where they would end it.</summary>
    public Utf8Builder AppendEscaped(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
        {
            return Append(text);
        }

        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return Append(quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped);
    }

    /// <summary>Appends <c>{a="b",c="d"}</c>, or nothing when there are no labels.</summary>
    public Utf8Builder Append(LabelSet labels, string? lastName = null, string? lastValue = null)
    {
        if (labels.Labels.Count == 0 && lastName is null)
        {
            return this;
        }

        var separator = "{";
        foreach (var (name, value) in labels.Labels)
        {
            Append(separator).Append(name).Append("=\"").AppendEscaped(value, quotes: true).Append("\"");
            separator = ",";
        }

        if (lastName is not null)
        {
            Append(separator).Append(lastName).Append("=\"").AppendEscaped(lastValue ?? "", quotes: true).Append("\"");
        }

        return Append("}");
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
