using Polly.RateLimiting;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>How many requests may run at once.</summary>
public class HttpRateLimiterStrategyOptions : RateLimiterStrategyOptions;
