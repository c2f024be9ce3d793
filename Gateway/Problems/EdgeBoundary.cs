namespace AiMesh.Gateway.Problems;

/// <summary>
/// Exceptions, and errors that ASP.NET Core answers without a body, leave as problem details, as they do from services. ASP.NET Core has a middleware for
/// the one and another for the other, which every request would pass.
/// </summary>
internal sealed partial class EdgeBoundary(RequestDelegate next, ILogger<EdgeBoundary> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
            if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // What was said of an answer does not hold for this one.
            context.Response.Clear();
            context.Response.StatusCode = StatusOf(context, exception);
        }

        if (IsBareError(context.Response)) await EdgeProblem.WriteAsync(context, context.Response.StatusCode);
    }

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null } && string.IsNullOrEmpty(response.ContentType);

    private int StatusOf(HttpContext context, Exception exception)
    {
        if (exception is BadHttpRequestException bad) return bad.StatusCode;
        Log.Failed(logger, context.Request.Method, context.Request.Path, exception);
        return StatusCodes.Status500InternalServerError;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed unexpectedly")]
        public static partial void Failed(ILogger logger, string method, string path, Exception exception);
    }
}
