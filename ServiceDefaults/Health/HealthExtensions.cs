using AiMesh.ServiceDefaults.Health;
using AiMesh.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Probes and metrics.</summary>
public static class HealthExtensions
{
    private const string LiveTag = "live";

    /// <summary>Adds the check "self", which says that the process answers at all.</summary>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<HealthLog>();
        builder.Services.AddHealthChecks().AddCheck("self", static () => HealthCheckResult.Healthy(), [LiveTag]);
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (ready: every check, 200 or 503), <c>/alive</c> (the process alone) and <c>/metrics</c> (Prometheus). Always, not in
    /// Development only: services listen inside the mesh, and the answers name checks but no causes.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var log = app.Services.GetRequiredService<HealthLog>();
        app.MapHealthChecks(ProbePaths.Health, new HealthCheckOptions
        {
            ResponseWriter = (httpContext, report) =>
            {
                log.Note(report);
                return HealthReportWriter.WriteAsync(httpContext, report);
            },
        }).AllowAnonymous();
        app.MapHealthChecks(ProbePaths.Alive, new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains(LiveTag),
            ResponseWriter = HealthReportWriter.WriteAsync,
        }).AllowAnonymous();
        app.MapPrometheusScrapingEndpoint(ProbePaths.Metrics).AllowAnonymous();
        return app;
    }
}
