namespace Aspire.StackExchange.Redis;

/// <summary>
/// How a service reaches Redis. Bound from <c>Aspire:StackExchange:Redis</c>, then <c>Aspire:StackExchange:Redis:{name}</c>.
/// </summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Comma-separated hosts and options. <c>ConnectionStrings:{name}</c> goes before the value of the sections.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves the health check out. Default: false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves tracing of commands out. Default: false. Nothing is traced in here, so it makes no difference.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Connects at first use instead of when the host starts. Default: true.</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
