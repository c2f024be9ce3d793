using Polly;
using Polly.Retry;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>When to try again: transient failures of any method, with exponential backoff and jitter.</summary>
/// <remarks>The same request object is sent again, so its content must be readable more than once.</remarks>
public class HttpRetryStrategyOptions : RetryStrategyOptions<HttpResponseMessage>
{
    /// <summary>Creates options with the defaults.</summary>
    public HttpRetryStrategyOptions()
    {
        ShouldHandle = static args =>
            ValueTask.FromResult(HttpClientResiliencePredicates.IsTransient(args.Outcome, args.Context.CancellationToken));
        BackoffType = DelayBackoffType.Exponential;
        ShouldRetryAfterHeader = true;
        UseJitter = true;
    }

    /// <summary>Waits as long as the response's <c>Retry-After</c> says. Default: true. Setting it replaces <c>DelayGenerator</c>.</summary>
    public bool ShouldRetryAfterHeader
    {
        get;
        set
        {
            field = value;
            DelayGenerator = value ? static args => ValueTask.FromResult(RetryAfter(args.Outcome.Result)) : null;
        }
    }

    // A date in the past means "at once".
    private static TimeSpan? RetryAfter(HttpResponseMessage? response) => response?.Headers.RetryAfter switch
    {
        { Date: { } date } => Max(date - TimeProvider.System.GetUtcNow(), TimeSpan.Zero),
        { Delta: { } delta } => Max(delta, TimeSpan.Zero),
        _ => null,
    };

    private static TimeSpan Max(TimeSpan first, TimeSpan second) => first > second ? first : second;
}
