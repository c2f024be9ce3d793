using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Hosting;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using AiMesh.ServiceDefaults.Permissions.Policies;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace AiMesh.AuthService.Policies;

/// <summary>
/// Keeps this replica's own policies in step with the database, and tells the other services when there is something new. They poll as well, so that nothing
/// depends on the message.
/// </summary>
internal sealed partial class PolicyFeed(
    AuthDatabase database, AccessPolicies policies, IServiceProvider services, IOptions<MeshAuthenticationOptions> options, ILogger<PolicyFeed> logger)
    : RecurringWork("Reading access policies", options.Value.RevocationPollInterval, TimeProvider.System, logger)
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private long _after;

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
        [LoggerMessage(1, LogLevel.Debug, "A change of access policies cannot be announced; services find it by polling: {Reason}")]
        public static partial void NotAnnounced(ILogger logger, string reason);
    }
}
