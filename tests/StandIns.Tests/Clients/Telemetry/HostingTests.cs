using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AiMesh.StandIns.Tests.Clients.Telemetry;

public sealed partial class HostingTests
{
    [Fact]
    public async Task Start_BeforeOtherHostedServices_RecordsWhatTheyDo()
    {
        var source = NewName();
        var stopped = new StoppedActivities();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService(_ => new Starting(source));
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(source).AddProcessor(stopped));
        using var host = builder.Build();

        await host.StartAsync();

        Assert.Equal(["starting"], stopped.Names);
    }

    [Fact]
    public async Task AddOpenTelemetry_Twice_AddsUpToOneProvider()
    {
        var (first, second) = (NewName(), NewName());
        var stopped = new StoppedActivities();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(first).AddProcessor(stopped));
        builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(second));
        using var host = builder.Build();
        await host.StartAsync();

        Act(first, "one");
        Act(second, "two");

        Assert.Equal(["one", "two"], stopped.Names);
        Assert.Single(host.Services.GetServices<TracerProvider>());
        Assert.Single(host.Services.GetServices<IHostedService>());
    }

    [Fact]
    public async Task Initializer_OfTheApplication_ReplacesTheOwn()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var own = new CountingInitializer();
        builder.Services.AddSingleton<ITelemetryHostInitializer>(own);
        builder.Services.AddOpenTelemetry();
        using var host = builder.Build();

        await host.StartAsync();

        Assert.Equal(1, own.Calls);
    }

    [Fact]
    public async Task UseOtlpExporter_ExportsTracesMetricsAndLogsWithTheResource()
    {
        var name = NewName();
        await using var receiver = await OtlpReceiver.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("tested"))
            .WithTracing(tracing => tracing.AddSource(name))
            .WithMetrics(metrics => metrics.AddMeter(name))
            .WithLogging(configureBuilder: null, configureOptions: logs => logs.IncludeFormattedMessage = true)
            .UseOtlpExporter(OtlpExportProtocol.HttpProtobuf, receiver.Address);

        using (var host = builder.Build())
        {
            await host.StartAsync();
            using var meter = new Meter(name);
            for (var i = 0; i < 25; i++)
            {
                Act(name, $"span {i}");
                meter.CreateCounter<int>("steps").Add(1);
            }

            Log.Done(host.Services.GetRequiredService<ILogger<HostingTests>>());
            await host.StopAsync();
        }

        // Disposing the host flushed what the batches still held.
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"span {i}"), receiver.SpanNames);
        Assert.Contains("steps", receiver.MetricNames);
        Assert.Contains("done", receiver.LogBodies);
        Assert.Equal(["tested"], receiver.ServiceNames.Distinct());
        Assert.True(receiver.ServiceNames.Count >= 3);
    }

    private static string NewName() => $"test-{Guid.NewGuid():N}";

    private static void Act(string source, string name)
    {
        using var activities = new ActivitySource(source);
        using var activity = activities.StartActivity(name);
    }

    private sealed class Starting(string source) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            Act(source, "starting");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class CountingInitializer : ITelemetryHostInitializer
    {
        public int Calls { get; private set; }

        public void Initialize() => Calls++;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "done")]
        public static partial void Done(ILogger logger);
    }
}
