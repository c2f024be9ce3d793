using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.IoTIngest.Demo;

/// <summary>
/// Lets <see cref="DemoPump"/> send its readings through the same pipeline as every device: first what is missing of the last 24 hours,
/// at one reading a minute, then as time goes by. Of several replicas one does, which holds a lock in the database.
/// </summary>
internal sealed partial class DemoSimulator(
    DemoRegistry registry, IngestPipeline pipeline, NpgsqlDataSource dataSource, IOptions<DemoOptions> options, IServiceProvider services)
    : BackgroundService
{
    private const string Source = "demo";
    private const int MinutesPerRequest = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();
    private readonly ILogger _logger = services.GetRequiredService<ILogger<DemoSimulator>>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SimulateAsync(stoppingToken);
            }
            catch (NpgsqlException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Interrupted(_logger, exception.Message);
            }

            await Task.Delay(Pause, _time, stoppingToken);
        }
    }

    /// <summary>Returns when another replica simulates, or the device may not send.</summary>
    private async Task SimulateAsync(CancellationToken cancellationToken)
    {
        await using var turn = await dataSource.OpenConnectionAsync(cancellationToken);
        if (!await HasTurnAsync(turn, cancellationToken) || await registry.FindAsync(cancellationToken) is not { } device)
            return;

        var (from, now) = (await registry.LastReadingAsync(cancellationToken), _time.GetUtcNow().UtcDateTime);
        for (var minute = from.AddMinutes(1); minute < now.AddMinutes(-1); minute = minute.AddMinutes(MinutesPerRequest))
        {
            var count = Math.Min(MinutesPerRequest, (int)(now - minute).TotalMinutes);
            await SendAsync(device, Enumerable.Range(0, count).SelectMany(offset => DemoPump.At(minute.AddMinutes(offset))), cancellationToken);
        }

        using var timer = new PeriodicTimer(options.Value.Interval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            // Asked each time: the session that holds the turn may have ended, and the device may have been revoked.
            if (!await HasTurnAsync(turn, cancellationToken) || await registry.FindAsync(cancellationToken) is not { } current)
                return;

            await SendAsync(current, DemoPump.At(_time.GetUtcNow().UtcDateTime), cancellationToken);
        }
    }

    private async Task SendAsync(KnownDevice device, IEnumerable<Reading> readings, CancellationToken cancellationToken)
    {
        var sent = await pipeline.IngestAsync(device, new IngestReadingsRequest { Readings = { readings } }, Source, cancellationToken);
        if (!sent.IsOk)
            Log.Interrupted(_logger, sent.Error.Message);
    }

    private static async Task<bool> HasTurnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Taken again each time it is held already, which only counts up; it ends with the session.
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended('demo-pump-1', 0))", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The simulated device pauses: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);
    }
}
