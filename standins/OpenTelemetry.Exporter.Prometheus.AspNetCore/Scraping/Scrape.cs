namespace OpenTelemetry.Exporter.Prometheus.Scraping;

/// <summary>One response.</summary>
/// <param name="Body">The text in UTF-8.</param>
/// <param name="GeneratedAt">When it was collected.</param>
/// <param name="Taken">The same as a timestamp for measuring its age.</param>
internal sealed record Scrape(byte[] Body, DateTimeOffset GeneratedAt, long Taken);
