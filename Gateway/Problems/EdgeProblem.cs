using System.Globalization;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;

namespace AiMesh.Gateway.Problems;

/// <summary>Errors that arise at the gateway itself, with the way out, in the shape that the client speaks.</summary>
internal static class EdgeProblem
{
    public static async Task WriteAsync(HttpContext context, int status)
    {
        var failure = status == StatusCodes.Status401Unauthorized ? AuthenticationFailure.Of(context) : null;
        if (failure is { IsOutage: true })
            status = StatusCodes.Status503ServiceUnavailable;
        if (status is >= 502 and <= 504 && context.Response.Headers.RetryAfter.Count == 0)
            context.Response.Headers.RetryAfter = "2"; // About as long as it takes to notice that a service is back.
        var (reason, detail) = Describe(context, status);
        await WriteAsync(context, status, failure?.Reason ?? reason, detail);
    }

    /// <param name="context">The request.</param>
    /// <param name="status">400 to 599.</param>
    /// <param name="reason">UPPER_SNAKE.</param>
    /// <param name="detail">One sentence with the way out.</param>
    public static async Task WriteAsync(HttpContext context, int status, string reason, string detail)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
            WriteGrpc(context.Response, ToGrpc(status), detail);
        else
            await ProblemJson.FromHttp(status, reason, detail, context.Request.Path).WriteAsync(context.Response, context.RequestAborted);
    }

    private static (string Reason, string Detail) Describe(HttpContext context, int status) => status switch
    {
        400 => ("BAD_REQUEST", "The request is not valid HTTP for this endpoint."),
        401 => ("CREDENTIAL_MISSING", "Sign in with POST /api/auth/login and send the access token as 'Authorization: Bearer <accessToken>'."),
        403 => ("PERMISSION_DENIED", "This credential may not call this endpoint."),
        404 => ("NOT_FOUND", $"Nothing is served at {context.Request.Method} {context.Request.Path}. The endpoints are listed at /docs."),
        405 => ("METHOD_NOT_ALLOWED", $"{context.Request.Method} is not served at {context.Request.Path}. The endpoints are listed at /docs."),
        413 => ("TOO_LARGE", "The body is larger than this endpoint takes. Send less at a time."),
        415 => ("UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json."),
        429 => ("RATE_LIMITED", $"Too many requests. Try again in {context.Response.Headers.RetryAfter.ToString()} s."),
        502 => ("UNAVAILABLE", "A service of the mesh did not answer. Try again; GET /health tells which one is down."),
        503 => ("UNAVAILABLE", "A service of the mesh is not ready. Try again; GET /health tells which one is down."),
        504 => ("DEADLINE_EXCEEDED", "A service of the mesh took too long to answer."),
        _ => ("ERROR", "The request failed."),
    };

    private static StatusCode ToGrpc(int status) => status switch
    {
        400 => StatusCode.InvalidArgument,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        413 or 429 => StatusCode.ResourceExhausted,
        502 or 503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unknown,
    };

    /// <summary>A trailers-only response: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses.</summary>
    private static void WriteGrpc(HttpResponse response, StatusCode code, string message)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(message);
    }
}
