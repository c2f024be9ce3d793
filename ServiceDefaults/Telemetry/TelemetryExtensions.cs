using AiMesh.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>Logs, metrics and traces.</summary>
public static class TelemetryExtensions
{
    // Not all of Microsoft.AspNetCore.*: Routing, Authentication and MemoryPool measure every request again without telling more
    // about it than its duration does.
    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting", "Microsoft.AspNetCore.Diagnostics",
        "Microsoft.AspNetCore.Http.Connections", "System.Net.Http", "System.Net.NameResolution", "System.Runtime", "Npgsql", MeshDiagnostics.Prefix + "*",
    ];

    /// <summary>
    /// Traces, metrics and logs: over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, metrics at <c>/metrics</c> always, logs on the console
    /// as lines in Development and as JSON elsewhere, of libraries only warnings. Without OTLP spans are recorded only where <c>Mesh:Telemetry:Traces</c> is true, since
    /// nobody would see them; trace ids flow all the same.
    /// </summary>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);

        LogLevels.AddTo(builder);
        AddConsole(builder);
        var telemetry = builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics
            .AddMeter(Meters)

            // Counted up and down at every request, to say what http.server.active_requests and http.client.request.duration say as well.
            .AddView("kestrel.queued_requests", MetricStreamConfiguration.Drop)
            .AddView("http.client.active_requests", MetricStreamConfiguration.Drop)
            .AddPrometheusExporter());

        if (builder.Configuration.RecordsSpans())
        {
            // Tags of server spans (method, route, status) are written by ASP.NET Core itself, but only on demand.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
            telemetry.WithTracing(static tracing => tracing
                .SetSampler(new ProbeSampler(new ParentBasedSampler(new AlwaysOnSampler())))
                .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Grpc.Net.Client", "Npgsql", MeshDiagnostics.Prefix + "*"));
        }

        if (!builder.Configuration.Exports()) return builder;
        builder.Logging.AddOpenTelemetry(static logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        telemetry.UseOtlpExporter();
        return builder;
    }

    /// <summary>Whether somebody sees the spans of this process, see <see cref="ConfigureOpenTelemetry"/>.</summary>
    public static bool RecordsSpans(this IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Exports() || configuration["Mesh:Telemetry:Traces"] is "true" or "True";
    }

    private static bool Exports(this IConfiguration configuration) => !string.IsNullOrWhiteSpace(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    private static void AddConsole(IHostApplicationBuilder builder)
    {
        // The formatter's name stays configurable (Logging:Console:FormatterName), as Aspire sets it.
        var isDevelopment = builder.Environment.IsDevelopment();
        builder.Services.Configure<ConsoleLoggerOptions>(options =>
            options.FormatterName ??= isDevelopment ? ConsoleFormatterNames.Simple : ConsoleFormatterNames.Json);
        builder.Services.Configure<SimpleConsoleFormatterOptions>(static options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss.fff ";
            options.UseUtcTimestamp = true;
        });
        builder.Services.Configure<JsonConsoleFormatterOptions>(static options =>
        {
            options.TimestampFormat = "O";
            options.UseUtcTimestamp = true;
        });
    }
}
