using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace AiMesh.AuthService.Policies;

/// <summary>
/// Keeps this replica's own policies in step with the database, and tells the other services when there is something new. They poll as well, so that nothing
/// depends on the message.
/// </summary>
internal sealed partial class PolicyFeed(
    AuthDatabase database, AccessPolicies policies, IServiceProvider services, IOptions<MeshAuthenticationOptions> options, ILogger<PolicyFeed> logger)
    : BackgroundService
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private long _after;
    private bool _away;

    /// <summary>Call it after a commit that published policies: from here on this replica goes by them, and others learn of them at once.</summary>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        try
        {
            if (services.GetService<IConnectionMultiplexer>() is { } redis)
                await redis.GetSubscriber().PublishAsync(RevocationList.Channel, "", CommandFlags.FireAndForget);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            Log.NotAnnounced(logger, exception.Message);
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RevocationPollInterval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CatchUpAsync(stoppingToken);
                if (_away) Log.ReachedAgain(logger);
                _away = false;
            }
            catch (NpgsqlException exception)
            {
                if (!_away) Log.NotReached(logger, exception.Message);
                _away = true;
            }
        }
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            AccessPolicyDocument document;
            do
            {
                document = await PolicyStore.ListAfterAsync(database, _after, cancellationToken);
                if (document.Sequence < _after)
                {
                    // The database was restored: what it counts now is something else.
                    _after = 0;
                    document = await PolicyStore.ListAfterAsync(database, 0, cancellationToken);
                }

                policies.Apply(_after, document);
                _after = document.Sequence;
            }
            while (document.More);
        }
        finally
        {
            _reading.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Access policies cannot be read; the known ones stay in force: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Access policies are read again")]
        public static partial void ReachedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Debug, "A change of access policies cannot be announced; services find it by polling: {Reason}")]
        public static partial void NotAnnounced(ILogger logger, string reason);
    }
}
