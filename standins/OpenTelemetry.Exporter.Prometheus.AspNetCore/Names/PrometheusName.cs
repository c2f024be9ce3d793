using System.Text;

namespace OpenTelemetry.Exporter.Prometheus.Names;

internal static class PrometheusName
{
    /// <summary>A metric name of ASCII letters, digits, colons and single underscores, that does not begin with a digit.</summary>
    public static string Sanitize(string name) => Sanitize(name, allowColon: true);

    /// <summary>A label name: as a metric name, without colons.</summary>
    public static string SanitizeLabel(string name) => name.Length > 0 ? Sanitize(name, allowColon: false) : "_";

    private static string Sanitize(string name, bool allowColon)
    {
        var result = new StringBuilder(name.Length + 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0]))
        {
            result.Append('_');
        }

        foreach (var character in name)
        {
            if (char.IsAsciiLetterOrDigit(character) || (allowColon && character == ':'))
            {
                result.Append(character);
            }
            else if (result.Length == 0 || result[^1] != '_')
            {
                // Whatever else there is, be it one character or several in a row, becomes one underscore.
                result.Append('_');
            }
        }

        return result.ToString();
    }
}
