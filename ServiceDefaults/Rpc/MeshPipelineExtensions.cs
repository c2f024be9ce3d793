using AiMesh.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.Hosting;

/// <summary>The middleware that every service runs.</summary>
public static class MeshPipelineExtensions
{
    /// <summary>The exception boundary of HTTP endpoints, then authentication. Call it first.</summary>
    public static WebApplication UseMesh(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<ExceptionBoundary>();
        app.UseAuthentication();
        return app;
    }
}
