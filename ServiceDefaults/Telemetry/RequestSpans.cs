using System.Diagnostics;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>
/// Names the server span of a request after its route or RPC, by the semantic conventions. ASP.NET Core itself leaves name, route
/// and status out, so that every span would be called the same. Costs nothing where the span is not recorded.
/// </summary>
internal sealed class RequestSpans(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext httpContext)
    {
        // Without a listener there still is an activity, which carries the trace id on and asks for all data although nobody will see it.
        if (httpContext.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span || !span.Source.HasListeners())
            return next(httpContext);

        var endpoint = httpContext.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<GrpcMethodMetadata>() is { Method: { } method })
        {
            span.DisplayName = $"{method.ServiceName}/{method.Name}";
            span.SetTag("rpc.system", "grpc").SetTag("rpc.service", method.ServiceName).SetTag("rpc.method", method.Name);
        }

        if (endpoint is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.SetTag("http.route", route);
            if (span.GetTagItem("rpc.system") is null) span.DisplayName = $"{httpContext.Request.Method} {route}";
        }

        return FinishAsync(httpContext, span);
    }

    private async Task FinishAsync(HttpContext httpContext, Activity span)
    {
        await next(httpContext);
        var status = httpContext.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError) span.SetStatus(ActivityStatusCode.Error);
    }
}
