using AiMesh.AuthService.Keys;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Audit;
using Npgsql;

namespace AiMesh.AuthService.Audit;

/// <summary>
/// Notes once a minute how far each chain has come, sealed under the master key, and says so in the log. Who changes the database
/// can't make such a seal; who removes the newest checkpoints as well is found out by those that the log took elsewhere.
/// </summary>
internal sealed partial class AuditCheckpoints(AuthDatabase database, MasterKeyRing masterKeys, TimeProvider time, ILogger<AuditCheckpoints> logger) : BackgroundService
{
    public const string Purpose = "audit checkpoints";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Notes the heads of the chains that grew. Any replica may; what another one noted first is left.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var heads = await database.QueryAsync<Head>(
            "select organisation as Organisation, sequence as Sequence, hash as Hash from audit_heads_without_checkpoint()", null, cancellationToken);
        var key = masterKeys.Current.KeyFor(Purpose);
        foreach (var head in heads)
        {
            var checkpoint = new AuditCheckpoint(head.Organisation, head.Sequence, head.Hash);
            await database.QueryAsync<int>(
                """
                insert into audit_checkpoints (organisation, sequence, hash, master_key_version, seal)
                values (@Organisation, @Sequence, @Hash, @Version, @Seal) on conflict do nothing
                """,
                new { head.Organisation, head.Sequence, head.Hash, masterKeys.Current.Version, Seal = checkpoint.Seal(key) }, cancellationToken);
            Log.Noted(logger, checkpoint);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                Log.Postponed(logger, exception.Message);
            }
        }
    }

    private sealed record Head
    {
        public required string Organisation { get; init; }

        public required long Sequence { get; init; }

        public required byte[] Hash { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Audit checkpoint {Checkpoint}")]
        public static partial void Noted(ILogger logger, AuditCheckpoint checkpoint);

        [LoggerMessage(2, LogLevel.Warning, "Audit checkpoints cannot be written now: {Reason}")]
        public static partial void Postponed(ILogger logger, string reason);
    }
}
