using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;
using Npgsql;
using StackExchange.Redis;

namespace AiMesh.AuthService.Revocations;

/// <summary>
/// Keeps this replica's own list of revocations in step with the database, and tells the other services when there is something
/// new. They poll as well, so that nothing depends on the message.
/// </summary>
internal sealed partial class RevocationFeed(
    RevocationStore store,
    RevocationList list,
    IServiceProvider services,
    IOptions<MeshAuthenticationOptions> options,
    ILogger<RevocationFeed> logger) : BackgroundService
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private bool _away;

    /// <summary>Call it after a commit that revoked something: from here on this replica refuses, and others learn of it at once.</summary>
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
            RevocationDocument document;
            do
            {
                document = await store.ListAfterAsync(list.Sequence, cancellationToken);
                if (document.Sequence < list.Sequence)
                {
                    list.Rewind();
                    document = await store.ListAfterAsync(0, cancellationToken);
                }

                list.Apply(document);
            }
            while (document.Entries.Length == RevocationDocument.MaxEntries);
        }
        finally
        {
            _reading.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Revocations cannot be read; the known ones stay in force: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Revocations are read again")]
        public static partial void ReachedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Debug, "A revocation cannot be announced; services find it by polling: {Reason}")]
        public static partial void NotAnnounced(ILogger logger, string reason);
    }
}
