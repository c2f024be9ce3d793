using Polly.CircuitBreaker;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>When to stop asking a service that fails: transient failures count.</summary>
public class HttpCircuitBreakerStrategyOptions : CircuitBreakerStrategyOptions<HttpResponseMessage>
{
    /// <summary>Creates options with the defaults.</summary>
    public HttpCircuitBreakerStrategyOptions()
        => ShouldHandle = static args => ValueTask.FromResult(HttpClientResiliencePredicates.IsTransient(args.Outcome));
}
