using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;

namespace Polly.RateLimiting;

/// <summary>Options of the rate limiter strategy.</summary>
public class RateLimiterStrategyOptions : ResilienceStrategyOptions
{
    /// <summary>Creates options with the defaults.</summary>
    public RateLimiterStrategyOptions() => Name = "RateLimiter";

    /// <summary>Asks for a permit. Default: null, a concurrency limiter with <see cref="DefaultRateLimiterOptions"/>.</summary>
    public Func<RateLimiterArguments, ValueTask<RateLimitLease>>? RateLimiter { get; set; }

    /// <summary>The limiter that is used without <see cref="RateLimiter"/>. Default: 1000 permits and no queue.</summary>
    [Required]
    public ConcurrencyLimiterOptions DefaultRateLimiterOptions { get; set; } = new() { PermitLimit = 1000, QueueLimit = 0 };

    /// <summary>Told of every refusal.</summary>
    public Func<OnRateLimiterRejectedArguments, ValueTask>? OnRejected { get; set; }
}
