using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OpenTelemetry.Metrics;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

public sealed class ScrapeTests
{
    private const string Text = "text/plain; version=0.0.4; charset=utf-8";
    private const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";

    [Theory]
    [InlineData(null, Text)]
    [InlineData("*/*", Text)]
    [InlineData("text/html", Text)]
    [InlineData("text/plain", Text)]
    [InlineData("text/plain;version=0.0.4", Text)]
    [InlineData("application/openmetrics-text", OpenMetrics)]
    [InlineData("application/openmetrics-text;version=1.0.0;charset=utf-8", OpenMetrics)]
    [InlineData("application/openmetrics-text;version=\"1.0.0\"", OpenMetrics)]
    [InlineData("application/openmetrics-text;version=2.0.0", Text)]
    [InlineData("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5", Text)]
    [InlineData("text/plain;q=0.3,application/openmetrics-text;q=0.6", OpenMetrics)]
    [InlineData("application/openmetrics-text;q=0,text/plain;q=0.1", Text)]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", OpenMetrics)]
    public async Task Format_FollowsAccept(string? accept, string contentType)
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1);

        using var response = await server.SendAsync(accept);

        Assert.Equal(contentType, response.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Contains("Accept", response.Headers.Vary);
        var body = await response.Content.ReadAsStringAsync();
        _ = contentType == Text ? Exposition.ParseText(body) : Exposition.ParseOpenMetrics(body);
    }

    [Fact]
    public async Task Body_IsCompressedWhenAccepted()
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1);

        using var response = await server.SendAsync(accept: null, encoding: "gzip");

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var plain = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        Assert.Equal(1, Exposition.ParseText(await reader.ReadToEndAsync()).Single("requests_total").Value);
    }

    [Fact]
    public async Task Scrapes_AtTheSameTime_ShareACollection()
    {
        const int scrapes = 20;
        var collections = 0;
        using var allThere = new CountdownEvent(scrapes);
        await using var server = await MetricsServer.StartAsync(map: app => app.MapPrometheusScrapingEndpoint(
            path: null,
            meterProvider: null,
            configureBranchedPipeline: branch => branch.Use(next => context =>
            {
                allThere.Signal();
                return next(context);
            }),
            optionsName: null));
        server.Meter.CreateObservableGauge("slow", () =>
        {
            Interlocked.Increment(ref collections);
            allThere.Wait(TimeSpan.FromSeconds(30));
            Thread.Sleep(200);
            return 1;
        });

        await Task.WhenAll(Enumerable.Range(0, scrapes).Select(_ => server.ScrapeAsync()));

        // A second one, should a scrape have been on its way for longer than the first took.
        Assert.InRange(collections, 1, 2);
    }

    [Fact]
    public async Task Scrapes_OfBothFormatsAtTheSameTime_EachGetTheirOwn()
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateObservableCounter("slow", () =>
        {
            Thread.Sleep(20);
            return 1;
        });

        for (var i = 0; i < 10; i++)
        {
            // Each parser refuses the other's format.
            var text = server.ScrapeAsync();
            var openMetrics = server.ScrapeOpenMetricsAsync();
            Assert.Equal(1, (await text).Single("slow_total").Value);
            Assert.Equal(1, (await openMetrics).Single("slow_total").Value);
        }
    }

    [Fact]
    public async Task Scrapes_ShortlyAfterOneAnother_GetTheSameUntilTheCacheIsOld()
    {
        await using var server = await MetricsServer.StartAsync(options => options.ScrapeResponseCacheDurationMilliseconds = 1_000);
        var counter = server.Meter.CreateCounter<long>("requests");
        counter.Add(1);
        Assert.Equal(1, (await server.ScrapeAsync()).Single("requests_total").Value);

        counter.Add(1);
        Assert.Equal(1, (await server.ScrapeAsync()).Single("requests_total").Value);
        await Task.Delay(1_100);
        Assert.Equal(2, (await server.ScrapeAsync()).Single("requests_total").Value);
    }

    [Fact]
    public async Task Scrape_ThatIsTooLarge_Fails()
    {
        await using var server = await MetricsServer.StartAsync(options => options.MaxScrapeResponseSizeBytes = 85_000);
        var counter = server.Meter.CreateCounter<long>("requests");
        for (var i = 0; i < 1_500; i++)
        {
            counter.Add(1, KeyValuePair.Create<string, object?>("key", $"{i}-{new string('x', 50)}"));
        }

        using var response = await server.SendAsync(accept: null);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Scrape_WithManySeries_IsValid()
    {
        await using var server = await MetricsServer.StartAsync();
        var histogram = server.Meter.CreateHistogram<double>("latency", "s");
        for (var i = 0; i < 1_000; i++)
        {
            histogram.Record(i, KeyValuePair.Create<string, object?>("key", i));
        }

        Assert.Equal(1_000, (await server.ScrapeOpenMetricsAsync()).Samples.Count(sample => sample.Name == "latency_seconds_count"));
    }

    [Fact]
    public async Task Path_ComesFromTheOptionsOrTheCall()
    {
        await using var options = await MetricsServer.StartAsync(exporter => exporter.ScrapeEndpointPath = "internal/metrics");
        Exposition.ParseText(await options.GetAsync(path: "/internal/metrics"));

        await using var call = await MetricsServer.StartAsync(map: app => app.MapPrometheusScrapingEndpoint("/scrape"));
        Exposition.ParseText(await call.GetAsync(path: "/scrape"));
    }

    [Fact]
    public async Task Middleware_BranchesForThePredicateOnly()
    {
        await using var server = await MetricsServer.StartAsync(map: app =>
        {
            app.UseOpenTelemetryPrometheusScrapingEndpoint(context => context.Request.Query.ContainsKey("metrics"));
            app.Run(context => context.Response.WriteAsync("else"));
        });

        Exposition.ParseText(await server.GetAsync(path: "/anywhere?metrics"));
        Assert.Equal("else", await server.GetAsync(path: "/anywhere"));
    }

    [Fact]
    public async Task Map_WithoutExporter_Throws()
    {
        using var meter = new Meter("none");
        using var provider = OpenTelemetry.Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).Build();

        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => MetricsServer.StartAsync(
            map: app => app.MapPrometheusScrapingEndpoint("/metrics", provider, null, null)));

        Assert.Contains("PrometheusExporter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoProviders_HaveTwoEndpoints()
    {
        using var meter = new Meter($"meter-{Guid.NewGuid():N}");
        using var other = OpenTelemetry.Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddPrometheusExporter().Build();
        await using var server = await MetricsServer.StartAsync(map: app =>
        {
            app.MapPrometheusScrapingEndpoint();
            app.MapPrometheusScrapingEndpoint("/other", other, null, null);
        });
        server.Meter.CreateCounter<long>("mine").Add(1);
        meter.CreateCounter<long>("theirs").Add(2);

        Assert.Equal(1, (await server.ScrapeAsync()).Single("mine_total").Value);
        Assert.Equal(2, Exposition.ParseText(await server.GetAsync(path: "/other")).Single("theirs_total").Value);
    }
}
