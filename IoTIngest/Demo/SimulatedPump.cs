using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Credentials;
using AiMesh.IoTIngest.Devices;
using AiMesh.IoTIngest.Ingest;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.IoTIngest.Demo;

/// <summary>
/// Registers the demo's device, gives it a day of history and goes on, all through the pipeline that real readings take. Request ids come from
/// the time, so several replicas, or a restart, store nothing twice.
/// </summary>
internal sealed partial class SimulatedPump(
    DeviceStore store, DeviceDirectory directory, IngestPipeline pipeline, IOptions<DemoOptions> options, TimeProvider clock, ILogger<SimulatedPump> logger) : BackgroundService
{
    private const string Organisation = "demo";
    private const string DeviceName = "demo-pump-1";
    private const int HistoryMinutes = 24 * 60;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() / 60 * 60);
            if (await RegisterAsync(stoppingToken) is not { } device)
                return;
            if (device.IsNew)
                await SendAsync(device.Known, "history", Enumerable.Range(1, HistoryMinutes).Select(i => now.AddMinutes(i - HistoryMinutes - 1)), stoppingToken);
            Log.Ready(logger, DeviceName);

            using var timer = new PeriodicTimer(options.Value.Interval);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var step = (long)options.Value.Interval.TotalSeconds;
                var time = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() / step * step);
                await SendAsync(device.Known, $"demo-{time.ToUnixTimeSeconds()}", [time], stoppingToken);
            }
        }
        catch (NpgsqlException exception)
        {
            Log.Stopped(logger, exception); // A demo device is not worth a broken service.
        }
    }

    private async Task<(KnownDevice Known, bool IsNew)?> RegisterAsync(CancellationToken cancellationToken)
    {
        var description = new DeviceChange("Demo pump 1", "pump", new Dictionary<string, string> { ["site"] = "demo hall" }, ["demo"]);
        var inserted = await store.InsertAsync(Organisation, DeviceName, description, DeviceCredential.Create(Organisation), cancellationToken);
        return await directory.FindAsync(Organisation, DeviceName, cancellationToken) is { } known ? (known, inserted is not null) : null;
    }

    private async Task SendAsync(KnownDevice device, string requestId, IEnumerable<DateTimeOffset> times, CancellationToken cancellationToken)
    {
        var request = new IngestReadingsRequest { DeviceId = DeviceName, RequestId = requestId, Readings = { times.SelectMany(PumpModel.At) } };
        var answer = await pipeline.IngestAsync(device, request, "demo", cancellationToken);
        if (!answer.IsOk)
            Log.Refused(logger, answer.Error.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The simulated device {Device} has its history and goes on")]
        public static partial void Ready(ILogger logger, string device);

        [LoggerMessage(2, LogLevel.Warning, "Readings of the simulated device were refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The simulated device stopped")]
        public static partial void Stopped(ILogger logger, Exception exception);
    }
}
