using AiMesh.ServiceDefaults.Hosting;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Microsoft.Extensions.Options;
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
    ILogger<RevocationFeed> logger)
    : RecurringWork("Reading revocations", options.Value.RevocationPollInterval, TimeProvider.System, logger)
{
    private readonly SemaphoreSlim _reading = new(1, 1);

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
            Log.NotAnnounced(Logger, exception.Message);
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

    // Where it fails, the known ones stay in force.
    protected override Task WorkAsync(CancellationToken cancellationToken) => CatchUpAsync(cancellationToken);

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
        [LoggerMessage(1, LogLevel.Debug, "A revocation cannot be announced; services find it by polling: {Reason}")]
        public static partial void NotAnnounced(ILogger logger, string reason);
    }
}
