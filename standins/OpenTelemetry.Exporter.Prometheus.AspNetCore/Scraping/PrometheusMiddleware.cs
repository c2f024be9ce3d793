using System.Globalization;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using OpenTelemetry.Exporter.Prometheus.Exposition;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter.Prometheus.Scraping;

/// <summary>Answers a scrape.</summary>
internal sealed partial class PrometheusMiddleware
{
    private readonly PrometheusExporter? _exporter;
    private readonly ILogger<PrometheusMiddleware> _logger;

    public PrometheusMiddleware(RequestDelegate next, MeterProvider meterProvider, ILogger<PrometheusMiddleware> logger)
    {
        _ = next;
        _logger = logger;
        _exporter = PrometheusExporter.Of(meterProvider);

        // With OTEL_SDK_DISABLED the provider is an empty one; the endpoint then stays empty too, and the service starts.
        if (_exporter is null && meterProvider.GetType().Name != "NoopMeterProvider")
        {
            throw new ArgumentException("A PrometheusExporter could not be found configured on the provided MeterProvider.", nameof(meterProvider));
        }
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (_exporter is null)
        {
            return;
        }

        var format = ExpositionFormat.Negotiate(context.Request.GetTypedHeaders().Accept);
        Scrape scrape;
        try
        {
            scrape = await _exporter.Scrapes.GetAsync(format).WaitAsync(context.RequestAborted);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            Log.ScrapeFailed(_logger, exception);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        await WriteAsync(context, format, scrape);
    }

    private static async Task WriteAsync(HttpContext context, ExpositionFormat format, Scrape scrape)
    {
        var response = context.Response;
        response.ContentType = format.ContentType;
        response.Headers.LastModified = scrape.GeneratedAt.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.Accept, HeaderNames.AcceptEncoding);

        if (!AcceptsGzip(context.Request))
        {
            response.ContentLength = scrape.Body.Length;
            await response.Body.WriteAsync(scrape.Body, context.RequestAborted);
            return;
        }

        response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await gzip.WriteAsync(scrape.Body, context.RequestAborted);
    }

    private static bool AcceptsGzip(HttpRequest request)
        => request.GetTypedHeaders().AcceptEncoding.Any(static encoding =>
            encoding.Quality is not 0 && encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The metrics could not be written for a scrape.")]
        public static partial void ScrapeFailed(ILogger logger, Exception exception);
    }
}
