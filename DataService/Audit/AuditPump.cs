using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.DataService.Audit;

/// <summary>Has the sealer chain what has come, again and again.</summary>
internal sealed partial class AuditPump(AuditSealer sealer, IOptions<AuditOptions> options, TimeProvider clock, ILogger<AuditPump> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SealInterval, clock);
        var away = false;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await sealer.SealAsync(wait: false, stoppingToken);
                    if (away) Log.SealsAgain(logger);
                    away = false;
                }
                catch (NpgsqlException exception)
                {
                    if (!away) Log.Postponed(logger, exception.Message);
                    away = true;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is in the inbox is chained after the next start, or by another replica.
            Log.Stopped(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Accesses cannot be chained now: {Reason}")]
        public static partial void Postponed(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Accesses are chained again")]
        public static partial void SealsAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Debug, "Accesses are not chained by this replica any more")]
        public static partial void Stopped(ILogger logger);
    }
}
