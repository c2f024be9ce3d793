using AiMesh.ServiceDefaults.Hosting;

namespace AiMesh.AuthService.Storage;

/// <summary>Deletes what has expired: sessions, revocations, counts of failures. Any replica may; a second one finds nothing.</summary>
internal sealed partial class Housekeeping(AuthDatabase database, TimeProvider time, ILogger<Housekeeping> logger)
    : RecurringWork("Deleting what has expired", Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>Deletes once.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var sessions = await database.QueryOneAsync<long>("select delete_expired_sessions()", null, cancellationToken);
        var revocations = await database.QueryOneAsync<long>("select delete_expired_revocations()", null, cancellationToken);
        await database.QueryAsync<int>(
            "delete from sign_in_failures where last_at < now() - interval '1 day' and coalesce(blocked_until, now()) <= now()", null, cancellationToken);
        Log.Cleaned(Logger, sessions, revocations);
    }

    protected override Task WorkAsync(CancellationToken cancellationToken) => CleanAsync(cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Deleted {Sessions} expired sessions and {Revocations} expired revocations")]
        public static partial void Cleaned(ILogger logger, long sessions, long revocations);
    }
}
