namespace Polly.RateLimiting;

/// <summary>Thrown when a rate limiter refuses an execution.</summary>
public sealed class RateLimiterRejectedException : ExecutionRejectedException
{
    private const string DefaultMessage = "The operation could not be executed because it was rejected by the rate limiter.";

    /// <summary>Creates the exception.</summary>
    public RateLimiterRejectedException()
        : base(DefaultMessage)
    {
    }

    /// <summary>Creates the exception.</summary>
    public RateLimiterRejectedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    public RateLimiterRejectedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception for a limiter that knows when there will be permits again.</summary>
    public RateLimiterRejectedException(TimeSpan retryAfter)
        : base($"{DefaultMessage} It can be retried after '{retryAfter}'.")
        => RetryAfter = retryAfter;

    /// <summary>When there will be permits again, if the limiter knows.</summary>
    public TimeSpan? RetryAfter { get; }
}
