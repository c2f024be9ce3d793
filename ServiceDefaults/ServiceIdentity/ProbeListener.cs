using AiMesh.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The endpoint named "probe" in <c>Kestrel:Endpoints</c>: plain HTTP for those who have no certificate and need none, orchestrators and scrapers. It
/// answers <c>/health</c>, <c>/alive</c> and <c>/metrics</c>, and nothing else that the host serves.
/// </summary>
internal sealed class ProbeListener : IStartupFilter
{
    public const string Endpoint = "probe";

    public static bool IsProbe(HttpContext httpContext) => httpContext.Features.Get<Mark>() is not null;

    public static void Listen(KestrelServerOptions kestrel) =>
        kestrel.ConfigurationLoader?.Endpoint(Endpoint, static endpoint => endpoint.ListenOptions.Use(static next => connection =>
        {
            connection.Features.Set(Mark.Instance);
            return next(connection);
        }));

    /// <summary>Before everything else, so that no middleware of a host can answer here by accident.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static (httpContext, next) =>
        {
            if (!IsProbe(httpContext) || httpContext.Request.Path.Value is ProbePaths.Health or ProbePaths.Alive or ProbePaths.Metrics) return next(httpContext);
            httpContext.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        next(app);
    };

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
