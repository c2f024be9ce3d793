using System.Diagnostics;
using OpenTelemetry.Metrics;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

public sealed class HistogramTests
{
    [Fact]
    public async Task Histogram_HasCumulativeBucketsSumAndCount()
    {
        await using var server = await WithBoundsAsync(0.005, 0.1, 1, 10, 1_000_000, 2_500_000);
        var histogram = server.Meter.CreateHistogram<double>("latency", "s");
        foreach (var value in (double[])[0.004, 0.1, 0.5, 5, 5, 2_000_000, 9_000_000])
        {
            histogram.Record(value, KeyValuePair.Create<string, object?>("route", "/x"));
        }

        var text = await server.ScrapeAsync();
        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal([1, 2, 3, 5, 5, 6, 7], Buckets(text).Select(bucket => bucket.Value));
        Assert.Equal(["0.005", "0.1", "1", "10", "1000000", "2500000", "+Inf"], Buckets(text).Select(bucket => bucket["le"]));
        Assert.Equal(["0.005", "0.1", "1.0", "10.0", "1e+06", "2.5e+06", "+Inf"], Buckets(openMetrics).Select(bucket => bucket["le"]));
        Assert.Equal((7, 11_000_010.604), (text.Single("latency_seconds_count").Value, Math.Round(text.Single("latency_seconds_sum").Value, 3)));
        Assert.Equal("/x", text.Single("latency_seconds_count")["route"]);
        Assert.Equal("seconds", openMetrics.Families["latency_seconds"].Unit);
    }

    [Fact]
    public async Task Histogram_WithTagLe_KeepsTheBound()
    {
        await using var server = await WithBoundsAsync(1);
        server.Meter.CreateHistogram<double>("latency", "s").Record(0.5, KeyValuePair.Create<string, object?>("le", "intruder"));

        Assert.Equal(["1", "+Inf"], Buckets(await server.ScrapeAsync()).Select(bucket => bucket["le"]));
    }

    [Fact]
    public async Task Histogram_WithNegativeBounds_HasNoSumInOpenMetrics()
    {
        await using var server = await WithBoundsAsync(-10, 0, 10);
        server.Meter.CreateHistogram<double>("latency", "s").Record(-5);

        Assert.Equal(-5, (await server.ScrapeAsync()).Single("latency_seconds_sum").Value);
        Assert.DoesNotContain((await server.ScrapeOpenMetricsAsync()).Samples, sample => sample.Name == "latency_seconds_sum");
    }

    [Fact]
    public async Task Histogram_WithoutBounds_StillHasTheLastBucket()
    {
        await using var server = await WithBoundsAsync();
        server.Meter.CreateHistogram<double>("latency", "s").Record(5);

        Assert.Equal(["+Inf"], Buckets(await server.ScrapeAsync()).Select(bucket => bucket["le"]));
    }

    [Fact]
    public async Task Histogram_WithExponentialBuckets_IsLeftOut()
    {
        await using var server = await MetricsServer.StartAsync(
            metrics: provider => provider.AddView("latency", new Base2ExponentialBucketHistogramConfiguration()));
        server.Meter.CreateHistogram<double>("latency", "s").Record(5);
        server.Meter.CreateCounter<long>("requests").Add(1);

        Assert.Equal(["requests_total"], (await server.ScrapeAsync()).Samples.Where(s => s.Name != "target_info").Select(s => s.Name));
    }

    [Fact]
    public async Task Exemplars_LeadToTheTrace_InOpenMetricsOnly()
    {
        await using var server = await WithBoundsAsync(1, 10);
        using var activity = new Activity("traced").SetIdFormat(ActivityIdFormat.W3C);
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        server.Meter.CreateHistogram<double>("latency", "s").Record(5);
        server.Meter.CreateCounter<long>("requests").Add(3);
        activity.Stop();

        var openMetrics = await server.ScrapeOpenMetricsAsync();

        var bucket = openMetrics.Single("latency_seconds_bucket", "le=\"10.0\"");
        Assert.Equal((5, activity.TraceId.ToHexString()), (bucket.Exemplar!.Value, bucket.Exemplar["trace_id"]));
        Assert.Equal(activity.SpanId.ToHexString(), bucket.Exemplar["span_id"]);
        Assert.Null(openMetrics.Single("latency_seconds_bucket", "le=\"1.0\"").Exemplar);
        Assert.Null(openMetrics.Single("latency_seconds_bucket", "le=\"+Inf\"").Exemplar);
        Assert.Equal(3, openMetrics.Single("requests_total").Exemplar!.Value);
        Assert.DoesNotContain(" # {", await server.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exemplar_WithMoreLabelsThanAllowed_KeepsTheTrace()
    {
        await using var server = await MetricsServer.StartAsync(metrics: provider => provider
            .SetExemplarFilter(ExemplarFilterType.AlwaysOn)
            .AddView("requests", new MetricStreamConfiguration { TagKeys = [] }));
        using var activity = new Activity("traced").SetIdFormat(ActivityIdFormat.W3C).Start();
        server.Meter.CreateCounter<long>("requests").Add(1, KeyValuePair.Create<string, object?>("long", new string('x', 200)));

        var exemplar = (await server.ScrapeOpenMetricsAsync()).Single("requests_total").Exemplar!;

        Assert.Equal(["trace_id", "span_id"], exemplar.Labels.Select(label => label.Key));
    }

    [Fact]
    public async Task Created_IsTheTimeOfTheFirstValue_InOpenMetricsOnly()
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1);

        var created = (await server.ScrapeOpenMetricsAsync()).Single("requests_created").Value;

        Assert.InRange(created, DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeSeconds());
        Assert.DoesNotContain("_created", await server.GetAsync(), StringComparison.Ordinal);
    }

    private static Task<MetricsServer> WithBoundsAsync(params double[] bounds) => MetricsServer.StartAsync(metrics: provider => provider
        .SetExemplarFilter(ExemplarFilterType.TraceBased)
        .AddView("latency", new ExplicitBucketHistogramConfiguration { Boundaries = bounds }));

    private static Exposition.Sample[] Buckets(Exposition exposition)
        => [.. exposition.Samples.Where(sample => sample.Name == "latency_seconds_bucket")];
}
