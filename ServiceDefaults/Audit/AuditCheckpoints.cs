using AiMesh.ServiceDefaults.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AiMesh.ServiceDefaults.Audit;

/// <summary>
/// Notes once a minute how far each chain has come, sealed under the master key, and says so in the log. Who changes the database
/// can't make such a seal; who removes the newest checkpoints as well is found out by those that the log took elsewhere.
/// </summary>
/// <param name="source">Of requests, which may read <c>audit_heads_without_checkpoint()</c> and add to <c>audit_checkpoints</c>.</param>
/// <param name="seals">Makes the seals of this service.</param>
/// <param name="time">Tells when a minute is over.</param>
/// <param name="logger">Takes the checkpoints elsewhere.</param>
public sealed partial class AuditCheckpoints(NpgsqlDataSource source, AuditSeals seals, TimeProvider time, ILogger<AuditCheckpoints> logger)
    : RecurringWork("Writing audit checkpoints", Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Notes the heads of the chains that grew. Any replica may; what another one noted first is left.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        foreach (var checkpoint in await HeadsAsync(cancellationToken))
        {
            await using var command = source.CreateCommand(
                "insert into audit_checkpoints (organisation, sequence, hash, master_key_version, seal) values ($1, $2, $3, $4, $5) on conflict do nothing");
            foreach (object value in (ReadOnlySpan<object>)[checkpoint.Organisation, checkpoint.Sequence, checkpoint.Hash.ToArray(), seals.Version, seals.Seal(checkpoint)])
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken);
            Log.Noted(Logger, checkpoint);
        }
    }

    /// <inheritdoc/>
    protected override Task WorkAsync(CancellationToken cancellationToken) => WriteAsync(cancellationToken);

    private async Task<List<AuditCheckpoint>> HeadsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("select organisation, sequence, hash from audit_heads_without_checkpoint()");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var heads = new List<AuditCheckpoint>();
        while (await reader.ReadAsync(cancellationToken)) heads.Add(new AuditCheckpoint(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        return heads;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Audit checkpoint {Checkpoint}")]
        public static partial void Noted(ILogger logger, AuditCheckpoint checkpoint);
    }
}
