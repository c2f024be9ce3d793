using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace AiMesh.Gateway.Resilience;

/// <summary>
/// Sends a request once more, to another replica, where that cannot do anything twice: when no connection came about, so that nothing was sent; or
/// when the method is safe and no answer has begun. Never to the same replica and never a third time, so retries cannot become a storm.
/// </summary>
internal sealed partial class RetryElsewhere(RequestDelegate next, ILogger<RetryElsewhere> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        return proxy.AvailableDestinations.Count < 2 ? next(context) : TryAsync(context, proxy);
    }

    private async Task TryAsync(HttpContext context, IReverseProxyFeature proxy)
    {
        var candidates = proxy.AvailableDestinations;
        await next(context);
        if (RepeatableFailure(context) is not { } failure)
            return;

        Log.Repeats(logger, context.Request.Method, FailureText.DestinationOf(context), failure.Error, failure.Reason());
        context.Features.Set<IForwarderErrorFeature>(null);
        context.Response.StatusCode = StatusCodes.Status200OK;
        proxy.AvailableDestinations = [.. candidates.Where(candidate => candidate != proxy.ProxiedDestination)];
        proxy.ProxiedDestination = null;
        await next(context);
    }

    /// <summary>What went wrong, where that may be tried again; otherwise null.</summary>
    private static IForwarderErrorFeature? RepeatableFailure(HttpContext context)
    {
        if (context.GetForwarderErrorFeature() is not { } failure || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            return null;
        return WasNeverSent(failure) || (failure.Error == ForwarderError.Request && IsSafe(context.Request)) ? failure : null;
    }

    private static bool WasNeverSent(IForwarderErrorFeature failure) => failure switch
    {
        { Error: ForwarderError.Request, Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } } => true,
        // The connection took too long to be made; a service that took too long to answer has no inner TimeoutException.
        { Error: ForwarderError.RequestTimedOut, Exception: OperationCanceledException { InnerException: TimeoutException } } => true,
        _ => false,
    };

    /// <summary>https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1, and nothing read from the body that could not be read again.</summary>
    private static bool IsSafe(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
        && request.ContentLength is null or 0 && request.Headers.TransferEncoding.Count == 0 && request.Headers.Upgrade.Count == 0;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Method} failed at {Destination} and is sent to another replica: {Error}, {Reason}")]
        public static partial void Repeats(ILogger logger, string method, string destination, ForwarderError error, string reason);
    }
}
