using Microsoft.Extensions.Hosting;

namespace Aspire.StackExchange.Redis;

/// <summary>Adds to a Redis client that was registered.</summary>
public sealed class AspireRedisClientBuilder(IHostApplicationBuilder hostBuilder, StackExchangeRedisSettings settings, string? serviceKey)
{
    /// <summary>The application.</summary>
    public IHostApplicationBuilder HostBuilder { get; } = hostBuilder ?? throw new ArgumentNullException(nameof(hostBuilder));

    /// <summary>The client's settings.</summary>
    public StackExchangeRedisSettings Settings { get; } = settings;

    /// <summary>The client's service key; null when it has none.</summary>
    public string? ServiceKey { get; } = serviceKey;
}
