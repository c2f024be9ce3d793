using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.ServiceIdentity;
using AiMesh.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.Hosting;

/// <summary>The middleware that every service runs.</summary>
public static class MeshPipelineExtensions
{
    /// <summary>Names of spans, the exception boundary of HTTP endpoints, which services may call what, then authentication. Call it first.</summary>
    public static WebApplication UseMesh(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<RequestSpans>();
        app.UseMiddleware<ExceptionBoundary>();
        app.UseMiddleware<AllowedPeersMiddleware>();
        return app.UseMeshAuthentication();
    }

    /// <summary>Authentication alone, in the place of <c>UseAuthentication</c>, which takes far longer for a token that was seen before.</summary>
    public static WebApplication UseMeshAuthentication(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        VerifiedTokens.Use(app);
        return app;
    }
}
