using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>How long something may take; afterwards it is cancelled and <c>TimeoutRejectedException</c> thrown.</summary>
public class HttpTimeoutStrategyOptions : TimeoutStrategyOptions;
