using System.Threading.RateLimiting;
using Polly.RateLimiting;

namespace Polly;

/// <summary>Adds limits to a pipeline.</summary>
public static class RateLimiterResiliencePipelineBuilderExtensions
{
    /// <summary>Limits how many executions run at once and how many wait.</summary>
    public static TBuilder AddConcurrencyLimiter<TBuilder>(this TBuilder builder, int permitLimit, int queueLimit = 0)
        where TBuilder : ResiliencePipelineBuilderBase
        => builder.AddConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = permitLimit, QueueLimit = queueLimit });

    /// <summary>Limits how many executions run at once and how many wait.</summary>
    public static TBuilder AddConcurrencyLimiter<TBuilder>(this TBuilder builder, ConcurrencyLimiterOptions options)
        where TBuilder : ResiliencePipelineBuilderBase
    {
        ArgumentNullException.ThrowIfNull(options);
        return builder.AddRateLimiter(new RateLimiterStrategyOptions { DefaultRateLimiterOptions = options });
    }

    /// <summary>Limits executions by a limiter that the caller owns.</summary>
    public static TBuilder AddRateLimiter<TBuilder>(this TBuilder builder, RateLimiter limiter)
        where TBuilder : ResiliencePipelineBuilderBase
    {
        ArgumentNullException.ThrowIfNull(limiter);
        return builder.AddRateLimiter(new RateLimiterStrategyOptions
        {
            RateLimiter = args => limiter.AcquireAsync(cancellationToken: args.Context.CancellationToken),
        });
    }

    /// <summary>Limits executions as the options say.</summary>
    public static TBuilder AddRateLimiter<TBuilder>(this TBuilder builder, RateLimiterStrategyOptions options)
        where TBuilder : ResiliencePipelineBuilderBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.AddStrategy(context => Create(options, context), options);
    }

    private static RateLimiterResilienceStrategy Create(RateLimiterStrategyOptions options, StrategyBuilderContext context)
        => new(options.RateLimiter ?? DefaultLimiter(options.DefaultRateLimiterOptions), options.OnRejected, context.Telemetry);

    private static Func<RateLimiterArguments, ValueTask<RateLimitLease>> DefaultLimiter(ConcurrencyLimiterOptions options)
    {
        // It lives as long as the pipeline, and holds nothing but memory.
        var limiter = new ConcurrencyLimiter(options);
        return args => limiter.AcquireAsync(cancellationToken: args.Context.CancellationToken);
    }
}
