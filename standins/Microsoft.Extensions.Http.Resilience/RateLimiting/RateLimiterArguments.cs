namespace Polly.RateLimiting;

/// <summary>Arguments of <see cref="RateLimiterStrategyOptions.RateLimiter"/>.</summary>
public readonly struct RateLimiterArguments(ResilienceContext context)
{
    /// <summary>The execution that wants a permit.</summary>
    public ResilienceContext Context { get; } = context;
}
