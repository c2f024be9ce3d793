using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>Makes the partitions of the coming days and deletes what has expired. Every replica does; none gets in another's way.</summary>
internal sealed partial class Housekeeping(NpgsqlDataSource dataSource, PartitionCatalog partitions, TimeProvider time, ILogger<Housekeeping> logger)
    : BackgroundService
{
    private const int DaysAhead = 3;
    private const int AtMost = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (NpgsqlException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception);
            }

            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        for (var day = 0; day <= DaysAhead; day++)
            await partitions.EnsureAsync(today.AddDays(day), cancellationToken);

        long deleted;
        do
        {
            await using var command = dataSource.CreateCommand("SELECT purge_expired($1)");
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = AtMost });
            deleted = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        while (deleted >= AtMost);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Housekeeping failed; it is tried again in a few minutes")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
