using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace OpenTelemetry.Exporter.Prometheus.Exposition;

/// <summary>A text format that metrics are written in.</summary>
internal sealed class ExpositionFormat
{
    /// <summary>https://prometheus.io/docs/instrumenting/exposition_formats/</summary>
    public static readonly ExpositionFormat Text = new("text/plain; version=0.0.4; charset=utf-8", isOpenMetrics: false);

    /// <summary>https://prometheus.io/docs/specs/om/open_metrics_spec/</summary>
    public static readonly ExpositionFormat OpenMetrics =
        new("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores", isOpenMetrics: true);

    private ExpositionFormat(string contentType, bool isOpenMetrics)
    {
        ContentType = contentType;
        IsOpenMetrics = isOpenMetrics;
    }

    public string ContentType { get; }

    public bool IsOpenMetrics { get; }

    /// <summary>
    /// The format that is liked best, the first named of equals; the text format when none fits, as clients that say nothing
    /// understand it.
    /// </summary>
    public static ExpositionFormat Negotiate(IList<MediaTypeHeaderValue>? accept)
    {
        var best = Text;
        var bestQuality = 0.0;
        foreach (var mediaType in accept ?? [])
        {
            var quality = mediaType.Quality ?? 1;
            if (quality > bestQuality && Matching(mediaType) is { } format)
            {
                (best, bestQuality) = (format, quality);
            }
        }

        return best;
    }

    private static ExpositionFormat? Matching(MediaTypeHeaderValue mediaType)
    {
        var parameter = mediaType.Parameters.FirstOrDefault(static p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase));
        var version = parameter?.GetUnescapedValue().ToString();
        return mediaType.MediaType.Value?.ToLower(CultureInfo.InvariantCulture) switch
        {
            "application/openmetrics-text" when version is null or "1.0.0" => OpenMetrics,
            "text/plain" when version is null or "0.0.4" => Text,
            _ => null,
        };
    }
}
