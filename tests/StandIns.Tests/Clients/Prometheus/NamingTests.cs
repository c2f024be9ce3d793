using System.Diagnostics.Metrics;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

public sealed class NamingTests
{
    [Theory]
    [InlineData("requests", null, "requests_total", "requests")]
    [InlineData("requests.total", null, "requests_total", "requests")]
    [InlineData("http.server.requests", "{request}", "http_server_requests_total", "http_server_requests")]
    [InlineData("sent", "By", "sent_bytes_total", "sent_bytes")]
    [InlineData("sent.bytes", "By", "sent_bytes_total", "sent_bytes")]
    [InlineData("sent.bytes.total", "By", "sent_bytes_total", "sent_bytes")]
    [InlineData("sent_total", "By", "sent_bytes_total", "sent_bytes")]
    [InlineData("ratio", "1", "ratio_total", "ratio")]
    [InlineData("a..b__c-/d", null, "a_b_c_d_total", "a_b_c_d")]
    [InlineData("speed", "By/s", "speed_bytes_per_second_total", "speed_bytes_per_second")]
    [InlineData("things", "{thing}/h", "things_per_hour_total", "things_per_hour")]
    [InlineData("odd", "widgets", "odd_widgets_total", "odd_widgets")]
    public async Task Counter_IsNamed(string name, string? unit, string sample, string family)
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>(name, unit).Add(3);

        var text = await server.ScrapeAsync();
        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal(3, text.Single(sample).Value);
        Assert.Equal("counter", text.Families[sample].Type);
        Assert.Equal(3, openMetrics.Single(sample).Value);
        Assert.Equal("counter", openMetrics.Families[family].Type);
    }

    [Theory]
    [InlineData("s", "seconds")]
    [InlineData("ms", "milliseconds")]
    [InlineData("min", "minutes")]
    [InlineData("Cel", "celsius")]
    [InlineData("%", "percent")]
    [InlineData("MiBy", "mebibytes")]
    [InlineData("m/s", "meters_per_second")]
    [InlineData("By{fifo}", "bytes")]
    public async Task Gauge_EndsWithItsUnit(string unit, string word)
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateGauge<double>("level", unit).Record(1.5);

        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal(1.5, (await server.ScrapeAsync()).Single($"level_{word}").Value);
        Assert.Equal(word, openMetrics.Families[$"level_{word}"].Unit);
    }

    [Fact]
    public async Task UpDownCounter_IsAGauge()
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateUpDownCounter<int>("waiting").Add(-2);

        var text = await server.ScrapeAsync();

        Assert.Equal(-2, text.Single("waiting").Value);
        Assert.Equal("gauge", text.Families["waiting"].Type);
    }

    [Fact]
    public async Task Counter_WithoutTotalSuffix_KeepsItInOpenMetrics()
    {
        await using var server = await MetricsServer.StartAsync(options => options.DisableTotalNameSuffixForCounters = true);
        server.Meter.CreateCounter<long>("requests").Add(1);

        Assert.Equal(1, (await server.ScrapeAsync()).Single("requests").Value);
        Assert.Equal(1, (await server.ScrapeOpenMetricsAsync()).Single("requests_total").Value);
    }

    [Fact]
    public async Task Help_IsEscaped()
    {
        const string help = "Line one\nline \"two\" with a \\";
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests", description: help).Add(1);

        Assert.Equal(help, (await server.ScrapeAsync()).Families["requests_total"].Help);
        Assert.Equal(help, (await server.ScrapeOpenMetricsAsync()).Families["requests"].Help);
    }

    [Fact]
    public async Task Meters_WithTheSameInstrument_StandUnderOneHead()
    {
        var other = $"other-{Guid.NewGuid():N}";
        using var second = new Meter(other);
        await using var server = await MetricsServer.StartAsync(metrics: provider => provider.AddMeter(other));
        server.Meter.CreateCounter<long>("requests").Add(1);
        server.Meter.CreateCounter<long>("between").Add(1);
        second.CreateCounter<long>("requests").Add(2);

        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal(1, openMetrics.Single("requests_total", $"otel_scope_name=\"{server.Meter.Name}\"").Value);
        Assert.Equal(2, openMetrics.Single("requests_total", $"otel_scope_name=\"{other}\"").Value);
    }

    [Fact]
    public async Task Instruments_ThatContradictEachOther_LeaveTheFirst()
    {
        var other = $"other-{Guid.NewGuid():N}";
        using var second = new Meter(other);
        await using var server = await MetricsServer.StartAsync(metrics: provider => provider.AddMeter(other));
        server.Meter.CreateGauge<long>("level").Record(1);
        second.CreateHistogram<long>("level").Record(2);

        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal("gauge", openMetrics.Families["level"].Type);
        Assert.Single(openMetrics.Families["level"].Samples);
    }
}
