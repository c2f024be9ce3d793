using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Where Redis is there: listens to <see cref="RevocationList.Channel"/> and has revocations and access policies fetched at once. What the message says is not
/// believed, so that whoever can write to Redis can at most cause a fetch. Without Redis the polling alone keeps the promise.
/// </summary>
internal sealed partial class RevocationSubscriber(
    IServiceProvider services,
    RevocationPoller poller,
    AccessPolicyPoller policies,
    TimeProvider time,
    ILogger<RevocationSubscriber> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TrySubscribeAsync()) await Task.Delay(RetryInterval, time, stoppingToken);
    }

    private async Task<bool> TrySubscribeAsync()
    {
        try
        {
            if (services.GetService<IConnectionMultiplexer>() is not { } redis) return true;

            // The connection subscribes again by itself whenever it is restored.
            await redis.GetSubscriber().SubscribeAsync(RevocationList.Channel, (_, _) =>
            {
                poller.PollNow();
                policies.PollNow();
            });
            Log.Listening(logger);
            return true;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            Log.NotReached(logger, exception.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Listening to announcements of revocations")]
        public static partial void Listening(ILogger logger);

        [LoggerMessage(2, LogLevel.Debug, "Announcements of revocations cannot be listened to; polling goes on: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);
    }
}
