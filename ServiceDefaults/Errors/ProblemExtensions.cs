using Microsoft.AspNetCore.Http;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>Errors as answers of hand-written HTTP endpoints.</summary>
public static class ProblemExtensions
{
    /// <summary>The answer (RFC 9457) that tells a caller over HTTP of this error.</summary>
    public static IResult ToProblem(this MeshError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new ProblemResult(error);
    }

    private sealed class ProblemResult(MeshError error) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            ProblemJson.FromStatus(error.ToStatus(), httpContext.Request.Path).WriteAsync(httpContext.Response, httpContext.RequestAborted);
    }
}
