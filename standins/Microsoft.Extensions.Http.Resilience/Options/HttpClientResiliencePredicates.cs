using System.Diagnostics.CodeAnalysis;
using System.Net;
using Polly;
using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Says which outcomes may be gone at the next attempt.</summary>
public static class HttpClientResiliencePredicates
{
    /// <summary>True for status 408, 429 and from 500 on, for failed connections, and for attempts that took too long.</summary>
    public static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Result: { } response } => response.StatusCode is >= HttpStatusCode.InternalServerError
            or HttpStatusCode.RequestTimeout
            or HttpStatusCode.TooManyRequests,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        _ => false,
    };

    /// <summary>
    /// As <see cref="IsTransient(Outcome{HttpResponseMessage})"/>, and also for connections that were not made in time, which
    /// the runtime reports as a cancellation though nobody cancelled.
    /// </summary>
    [Experimental("EXTEXP0001", UrlFormat = "https://aka.ms/dotnet-extensions-warnings/{0}")]
    public static bool IsTransient(Outcome<HttpResponseMessage> outcome, CancellationToken cancellationToken)
        => IsTransient(outcome)
            || (!cancellationToken.IsCancellationRequested
                && outcome.Exception is OperationCanceledException { Source: "System.Private.CoreLib", InnerException: TimeoutException });
}
