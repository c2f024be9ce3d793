using System.Threading.RateLimiting;
using Polly.Telemetry;

namespace Polly.RateLimiting;

/// <summary>Runs the callback only with a permit, and gives the permit back afterwards.</summary>
internal sealed class RateLimiterResilienceStrategy(
    Func<RateLimiterArguments, ValueTask<RateLimitLease>> limiter,
    Func<OnRateLimiterRejectedArguments, ValueTask>? onRejected,
    ResilienceStrategyTelemetry telemetry) : ResilienceStrategy
{
    private static readonly ResilienceEvent Rejected = new(ResilienceEventSeverity.Error, "OnRateLimiterRejected");

    protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback,
        ResilienceContext context,
        TState state)
    {
        using var lease = await limiter(new RateLimiterArguments(context));
        if (lease.IsAcquired)
        {
            return await callback(context, state);
        }

        var arguments = new OnRateLimiterRejectedArguments(context, lease);
        telemetry.Report(Rejected, context, arguments);
        if (onRejected is not null)
        {
            await onRejected(arguments);
        }

        var exception = lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter)
            ? new RateLimiterRejectedException(retryAfter)
            : new RateLimiterRejectedException();
        telemetry.SetTelemetrySource(exception);
        return Outcome.FromException<TResult>(exception);
    }
}
