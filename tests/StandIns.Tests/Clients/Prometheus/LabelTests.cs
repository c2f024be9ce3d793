using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace AiMesh.StandIns.Tests.Clients.Prometheus;

public sealed class LabelTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a \"quote\", a \\ and\nan end", "a \"quote\", a \\ and\nan end")]
    [InlineData("Grüße, 世界 🌍", "Grüße, 世界 🌍")]
    [InlineData(null, "")]
    [InlineData(true, "true")]
    [InlineData(42, "42")]
    [InlineData(0.5, "0.5")]
    [InlineData(3.0, "3.0")]
    public async Task Value_SurvivesTheWay(object? value, string expected)
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1, KeyValuePair.Create("key", value));

        Assert.Equal(expected, (await server.ScrapeAsync()).Single("requests_total")["key"]);
        Assert.Equal(expected, (await server.ScrapeOpenMetricsAsync()).Single("requests_total")["key"]);
    }

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("1st", "_1st")]
    [InlineData("a:b", "a_b")]
    [InlineData("a--b", "a_b")]
    [InlineData("größe", "gr_e")]
    public async Task Name_IsSanitised(string key, string expected)
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1, KeyValuePair.Create<string, object?>(key, "v"));

        Assert.Equal("v", (await server.ScrapeAsync()).Single("requests_total")[expected]);
    }

    [Fact]
    public async Task Names_ThatBecomeTheSame_KeepBothValues()
    {
        await using var server = await MetricsServer.StartAsync();
        server.Meter.CreateCounter<long>("requests").Add(1, new("a.b", "1"), new KeyValuePair<string, object?>("a_b", "2"));

        Assert.Equal("1;2", (await server.ScrapeAsync()).Single("requests_total")["a_b"]);
    }

    [Fact]
    public async Task Scope_IsShownUnlessSwitchedOff()
    {
        var options = new MeterOptions($"meter-{Guid.NewGuid():N}")
        {
            Version = "1.2",
            Tags = [new("team", "core"), new("name", "taken")],
            TelemetrySchemaUrl = "https://schema",
        };
        await using var server = await MetricsServer.StartAsync(meterOptions: options);
        server.Meter.CreateCounter<long>("requests").Add(1);
        var sample = (await server.ScrapeAsync()).Single("requests_total");
        Assert.Equal(
            (options.Name, "1.2", "core", "https://schema"),
            (sample["otel_scope_name"], sample["otel_scope_version"], sample["otel_scope_team"], sample["otel_scope_schema_url"]));

        await using var bare = await MetricsServer.StartAsync(exporter => exporter.ScopeInfoEnabled = false);
        bare.Meter.CreateCounter<long>("requests").Add(1);
        Assert.Empty((await bare.ScrapeAsync()).Single("requests_total").Labels);
    }

    [Fact]
    public async Task Resource_IsTargetInfo_AndLabelsThatAreChosen()
    {
        static void Named(MeterProviderBuilder metrics) => metrics.ConfigureResource(resource => resource.Clear().AddAttributes(
            [new("service.name", "auth"), new("service.instance.id", "a-1")]));
        await using var server = await MetricsServer.StartAsync(
            exporter => exporter.ResourceConstantLabels = key => key == "service.instance.id", Named);
        server.Meter.CreateCounter<long>("requests").Add(1);

        var text = await server.ScrapeAsync();
        var openMetrics = await server.ScrapeOpenMetricsAsync();

        Assert.Equal("gauge", text.Families["target_info"].Type);
        Assert.Equal("info", openMetrics.Families["target"].Type);
        Assert.Equal(("auth", 1), (text.Single("target_info")["service_name"], openMetrics.Single("target_info").Value));
        Assert.Equal(("a-1", null), (text.Single("requests_total")["service_instance_id"], text.Single("requests_total")["service_name"]));

        await using var bare = await MetricsServer.StartAsync(exporter => exporter.TargetInfoEnabled = false, Named);
        Assert.DoesNotContain("target_info", await bare.GetAsync(), StringComparison.Ordinal);
    }
}
