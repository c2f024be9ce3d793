using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>
/// The boundary of hand-written HTTP endpoints: exceptions, and statuses that ASP.NET Core answers without a body, leave as problem
/// details. gRPC calls end in <see cref="ErrorInterceptor"/> before they get here.
/// </summary>
internal sealed partial class ExceptionBoundary(RequestDelegate next, ILogger<ExceptionBoundary> logger)
{
    public Task InvokeAsync(HttpContext httpContext)
    {
        if (IsGrpc(httpContext.Request)) return next(httpContext);
        return GuardAsync(httpContext);
    }

    private static bool IsGrpc(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    private async Task GuardAsync(HttpContext httpContext)
    {
        try
        {
            await next(httpContext);
            if (IsBareError(httpContext.Response)) await Answer(httpContext, ForStatus(httpContext));
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
            if (!httpContext.Response.HasStarted) httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!httpContext.Response.HasStarted)
        {
            httpContext.Response.Clear();
            await Answer(httpContext, ForException(exception, httpContext));
        }
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { StatusCode: >= 400, HasStarted: false, ContentType: null } && response.ContentLength is null or 0;

    private static Task Answer(HttpContext httpContext, ProblemJson problem) => problem.WriteAsync(httpContext.Response, httpContext.RequestAborted);

    private static ProblemJson ForStatus(HttpContext httpContext)
    {
        var status = httpContext.Response.StatusCode;
        var (reason, detail) = status switch
        {
            StatusCodes.Status404NotFound => ("NOT_FOUND", "There is nothing at this address."),
            StatusCodes.Status405MethodNotAllowed => ("METHOD_NOT_ALLOWED", $"{httpContext.Request.Method} is not possible at this address."),
            StatusCodes.Status415UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", "The body must be of another media type, for example application/json."),
            StatusCodes.Status413PayloadTooLarge => (TooLarge.ReasonName, "The request is larger than allowed."),
            StatusCodes.Status401Unauthorized => ("CREDENTIAL_MISSING", "Sign in: this address takes an access token."),
            _ => (ProblemJson.ReasonOf((int)HttpStatusTable.ToGrpc(status)), "The request could not be served."),
        };
        return ProblemJson.FromHttp(status, reason, detail, httpContext.Request.Path);
    }

    private ProblemJson ForException(Exception exception, HttpContext httpContext)
    {
        string path = httpContext.Request.Path;
        switch (exception)
        {
            case MeshException mesh:
                return ProblemJson.FromStatus(mesh.Error.ToStatus(), path);

            case RpcException { Status.DebugException: null } rpc:
                return ProblemJson.FromStatus(rpc.ToStatus(), path);

            case RpcException lost when PeerFailure.IsOutage(lost):
                return ProblemJson.FromStatus(new Unavailable("a service that this call depends on").ToStatus(), path);

            case Npgsql.NpgsqlException { IsTransient: true }:
                return ProblemJson.FromStatus(new Unavailable("the database").ToStatus(), path);

            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return ProblemJson.FromHttp(StatusCodes.Status413PayloadTooLarge, TooLarge.ReasonName, "The request is larger than allowed.", path);

            case BadHttpRequestException bad:
                return ProblemJson.FromHttp(bad.StatusCode, "BAD_REQUEST", "The request is malformed.", path);

            default:
                var traceId = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
                Log.Failed(logger, httpContext.Request.Method, path, traceId, exception);
                return ProblemJson.FromStatus(new InternalError(traceId).ToStatus(), path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed unexpectedly; the caller was told trace id {TraceId}")]
        public static partial void Failed(ILogger logger, string method, string path, string traceId, Exception exception);
    }
}
