namespace Microsoft.Extensions.Http.Resilience;

/// <summary>The five strategies of the standard pipeline, from the outermost to the innermost.</summary>
public class HttpStandardResilienceOptions
{
    /// <summary>At most 1000 requests at once, none waiting; more are refused with <c>RateLimiterRejectedException</c>.</summary>
    public HttpRateLimiterStrategyOptions RateLimiter { get; set; } = new() { Name = "Standard-RateLimiter" };

    /// <summary>Time for a request with all its attempts. Default: 30 s.</summary>
    public HttpTimeoutStrategyOptions TotalRequestTimeout { get; set; } = new() { Name = "Standard-TotalRequestTimeout" };

    /// <summary>Up to 3 retries after 2, 4 and 8 s with jitter, or after what <c>Retry-After</c> says.</summary>
    public HttpRetryStrategyOptions Retry { get; set; } = new() { Name = "Standard-Retry" };

    /// <summary>Opens for 5 s when within 30 s at least 100 requests were made and a tenth of them failed.</summary>
    public HttpCircuitBreakerStrategyOptions CircuitBreaker { get; set; } = new() { Name = "Standard-CircuitBreaker" };

    /// <summary>Time for one attempt, up to the response's headers. Default: 10 s.</summary>
    public HttpTimeoutStrategyOptions AttemptTimeout { get; set; } = new()
    {
        Timeout = TimeSpan.FromSeconds(10),
        Name = "Standard-AttemptTimeout",
    };
}
