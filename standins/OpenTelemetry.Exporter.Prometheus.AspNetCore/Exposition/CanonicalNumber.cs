using System.Globalization;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>Numbers as text, independent of any culture.</summary>
internal static class CanonicalNumber
{
    /// <summary>A sample's value: the shortest text that reads back as the same number.</summary>
    public static string Value(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// A number within a label. Series are told apart by the text, so OpenMetrics fixes it: as Go's %g, with ".0" appended
    /// where nothing else shows that it is a float.
    /// </summary>
    /// <remarks>https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers</remarks>
    public static string Label(double value)
    {
        if (!double.IsFinite(value))
        {
            return Value(value);
        }

        if (value == 0)
        {
            return "0.0";
        }

        // "E16" is precise enough to find the exponent; the digits themselves are the shortest ones.
        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        var exponent = int.Parse(scientific[(scientific.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        var (sign, digits) = ShortestDigits(value);
        if (exponent is < -4 or >= 6)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        var padded = digits.PadRight(exponent + 2, '0');
        return $"{sign}{padded[..(exponent + 1)]}.{padded[(exponent + 1)..]}";
    }

    private static (string Sign, string Digits) ShortestDigits(double value)
    {
        var text = Math.Abs(value).ToString(CultureInfo.InvariantCulture);
        var mantissa = text.Split('E')[0];
        return (value < 0 ? "-" : "", mantissa.Replace(".", "", StringComparison.Ordinal).Trim('0'));
    }
}
