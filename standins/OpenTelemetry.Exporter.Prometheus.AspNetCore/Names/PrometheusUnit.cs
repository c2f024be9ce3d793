using System.Text;

namespace OpenTelemetry.Exporter.Prometheus.Names;

/// <summary>Turns UCUM units into the words that Prometheus names end with.</summary>
/// <remarks>https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1</remarks>
internal static class PrometheusUnit
{
    /// <summary>The suffix, such as <c>seconds</c> or <c>bytes_per_second</c>; null for no unit.</summary>
    public static string? Of(string unit)
    {
        var plain = WithoutAnnotations(unit);
        var slash = plain.IndexOf('/', StringComparison.Ordinal);
        var words = slash >= 0 && slash < plain.Length - 1
            ? $"{Word(plain[..slash])}_per_{PerWord(plain[(slash + 1)..])}"
            : Word(plain);
        var name = PrometheusName.Sanitize(words).Trim('_');
        return name.Length > 0 ? name : null;
    }

    // "{packet}" counts things, which Prometheus takes for no unit.
    private static string WithoutAnnotations(string unit)
    {
        var result = new StringBuilder(unit.Length);
        var position = 0;
        while (position < unit.Length)
        {
            var open = unit.IndexOf('{', position);
            var close = open < 0 ? -1 : unit.IndexOf('}', open);
            if (close < 0)
            {
                break;
            }

            result.Append(unit, position, open - position);
            position = close + 1;
        }

        return result.Append(unit, position, unit.Length - position).ToString();
    }

    private static string Word(string unit) => unit switch
    {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" or "B" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" or "KB" => "kilobytes",
        "MBy" or "MB" => "megabytes",
        "GBy" or "GB" => "gigabytes",
        "TBy" or "TB" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "1" => "",
        "%" => "percent",
        "$" => "dollars",
        _ => unit,
    };

    private static string PerWord(string unit) => unit switch
    {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => unit,
    };
}
