using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>Opens the client in the background when the host starts, so that no request has to wait for that.</summary>
internal sealed class RedisActivator(IServiceProvider services, string? serviceKey) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => Task.Run(() => services.GetRequiredKeyedService<IConnectionMultiplexer>(serviceKey), stoppingToken);
}
