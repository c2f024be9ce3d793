using Npgsql;

namespace AiMesh.AiService.Ledger;

/// <summary>Settles calls whose process died before it could. Replicas may all do it: settling happens once.</summary>
internal sealed partial class LostCallSweeper(CallLedger ledger, TimeProvider time, ILogger<LostCallSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Well beyond the longest call: streams end at the gateway after ten minutes of silence.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (await ledger.SettleLostAsync(time.GetUtcNow() - Age, stoppingToken) is > 0 and var lost)
                    Log.Lost(logger, lost);
            }
            catch (NpgsqlException exception)
            {
                Log.Failed(logger, exception); // The next round tries again.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} calls were lost with their process; their cost is unknown")]
        public static partial void Lost(ILogger logger, long count);

        [LoggerMessage(2, LogLevel.Warning, "Lost calls could not be looked for")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
