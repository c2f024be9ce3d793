using System.Threading.RateLimiting;

namespace Polly.RateLimiting;

/// <summary>Arguments of <see cref="RateLimiterStrategyOptions.OnRejected"/>.</summary>
public readonly struct OnRateLimiterRejectedArguments(ResilienceContext context, RateLimitLease lease)
{
    /// <summary>The execution that was refused.</summary>
    public ResilienceContext Context { get; } = context;

    /// <summary>The lease without a permit.</summary>
    public RateLimitLease Lease { get; } = lease;
}
