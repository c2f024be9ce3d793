using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

/// <summary>A server with the endpoint, and a meter of the test's own whose metrics it shows.</summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    public const string OpenMetrics = "application/openmetrics-text; version=1.0.0";

    private readonly LoopbackServer _server;

    private MetricsServer(LoopbackServer server, Meter meter)
    {
        _server = server;
        Meter = meter;
    }

    public Meter Meter { get; }

    public HttpClient Client => _server.Client;

    public static async Task<MetricsServer> StartAsync(
        Action<PrometheusAspNetCoreOptions>? options = null,
        Action<MeterProviderBuilder>? metrics = null,
        Action<WebApplication>? map = null,
        MeterOptions? meterOptions = null)
    {
        var meter = new Meter(meterOptions ?? new MeterOptions($"meter-{Guid.NewGuid():N}"));
        var server = await LoopbackServer.StartAsync(
            map ?? (app => app.MapPrometheusScrapingEndpoint()),
            builder => builder.Services.AddOpenTelemetry().WithMetrics(provider =>
            {
                provider.AddMeter(meter.Name);
                metrics?.Invoke(provider);
                provider.AddPrometheusExporter(exporter =>
                {
                    exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                    options?.Invoke(exporter);
                });
            }));
        return new MetricsServer(server, meter);
    }

    public async Task<string> GetAsync(string? accept = null, string path = "/metrics")
    {
        using var response = await SendAsync(accept, path);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    public async Task<Exposition> ScrapeAsync() => Exposition.ParseText(await GetAsync());

    public async Task<Exposition> ScrapeOpenMetricsAsync() => Exposition.ParseOpenMetrics(await GetAsync(OpenMetrics));

    public async Task<HttpResponseMessage> SendAsync(string? accept, string path = "/metrics", string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(StringWithQualityHeaderValue.Parse(encoding));
        }

        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Meter.Dispose();
        await _server.DisposeAsync();
    }
}
