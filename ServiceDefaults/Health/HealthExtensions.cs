using AiMesh.ServiceDefaults.Health;
using AiMesh.ServiceDefaults.ServiceIdentity;
using AiMesh.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
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
    /// Development only: health names checks but no causes, and metrics are for mesh peers and at the endpoint for probes, so that the gateway's
    /// public port does not tell how much everybody uses what.
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
        var isMutual = app.Services.GetRequiredService<MeshConnector>().IsMutual;
        app.MapPrometheusScrapingEndpoint(ProbePaths.Metrics).AllowAnonymous().Finally(endpoint =>
        {
            var scrape = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = httpContext => !isMutual || ProbeListener.IsProbe(httpContext) || httpContext.GetMeshPeer() is not null
                ? scrape(httpContext)
                : Results.NotFound().ExecuteAsync(httpContext);
        });
        return app;
    }
}
