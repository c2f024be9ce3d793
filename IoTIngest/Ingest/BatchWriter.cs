using System.Diagnostics;
using System.Threading.Channels;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Detection;
using AiMesh.IoTIngest.Live;
using AiMesh.ServiceDefaults.Errors;
using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>
/// Writes the submissions of its share of devices, batch after batch: one transaction a batch, committed before anything is answered.
/// Alone in touching the detector's memory of these devices.
/// </summary>
internal sealed partial class BatchWriter(
    NpgsqlDataSource dataSource, PartitionCatalog partitions, DetectorStore detectors, LiveHub live, BatchWriterSettings settings)
{
    // So many requests in one batch mean a crowd of small senders, for whom a longer batch is worth a short wait.
    private const int CrowdSize = 8;

    private readonly Channel<Submission> _queue = Channel.CreateUnbounded<Submission>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<int, SeriesMemory> _memories = [];
    private readonly Dictionary<int, long> _touched = [];

    /// <summary>False once the writer is stopping. Bounded by the room that the pipeline hands out.</summary>
    public bool TryEnqueue(Submission submission) => _queue.Writer.TryWrite(submission);

    /// <summary>No more submissions; <see cref="RunAsync"/> ends when those at hand are written.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    public async Task RunAsync()
    {
        var batch = new List<Submission>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            var wasCrowded = batch.Count >= CrowdSize;
            batch.Clear();
            var readings = Gather(batch, 0);
            if (wasCrowded && readings < settings.BatchReadings && settings.Linger > TimeSpan.Zero)
            {
                await Task.Delay(settings.Linger, settings.Time);
                Gather(batch, readings);
            }

            await WriteOrRefuseAsync(batch);
        }
    }

    private int Gather(List<Submission> batch, int readings)
    {
        while (_queue.Reader.TryPeek(out var next) && (batch.Count == 0 || readings + next.Samples.Length <= settings.BatchReadings))
        {
            _queue.Reader.TryRead(out _);
            batch.Add(next);
            readings += next.Samples.Length;
        }

        return readings;
    }

    private async Task WriteOrRefuseAsync(List<Submission> batch)
    {
        try
        {
            await WriteAsync(batch);
        }
        catch (Exception exception) when (batch.Count > 1 && exception is PostgresException { IsTransient: false })
        {
            // Something in it is at fault; the others must not suffer.
            Log.Splitting(settings.Logger, batch.Count, exception.Message);
            foreach (var submission in batch)
                await WriteOrRefuseAsync([submission]);
        }
        catch (Exception exception)
        {
            // Whatever it was: the senders are waiting, and the next batch must find a writer.
            if (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
                partitions.Forget();
            Log.Failed(settings.Logger, batch.Count, exception);
            foreach (var submission in batch)
                submission.Complete(new Unavailable("the store of readings"));
        }
    }

    private async Task WriteAsync(List<Submission> batch)
    {
        using var activity = IngestMetrics.Diagnostics.Source.StartActivity("write batch");
        var started = Stopwatch.GetTimestamp();
        await PrepareAsync(batch);

        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var plan = await BatchPlan.MakeAsync(batch, connection);
        var detection = new BatchDetection(_memories);
        foreach (var (day, rows) in plan.Judge(detection))
            await BatchTransaction.CopyAsync(connection, day, rows, CancellationToken.None);

        var now = settings.Time.GetUtcNow().UtcDateTime;
        var seen = plan.Devices.Where(device => IsTouchDue(device, now)).ToList();
        await BatchTransaction.WriteEffectsAsync(connection, seen, now, plan.Letters, detection.TakeDue(), CancellationToken.None);
        var alerts = await BatchTransaction.WriteAlertsAsync(connection, detection.Changes, CancellationToken.None);
        await transaction.CommitAsync();

        detection.Commit();
        foreach (var device in seen)
            _touched[device] = now.Ticks / TimeSpan.TicksPerSecond;
        plan.Answer();
        plan.Count(Stopwatch.GetElapsedTime(started));
        foreach (var submission in plan.Fresh)
            live.Publish(submission.Device, submission.Samples);
        foreach (var (organisation, alert) in alerts)
            live.Publish(organisation, alert);
    }

    private async Task PrepareAsync(List<Submission> batch)
    {
        foreach (var day in batch.SelectMany(static submission => submission.Samples).Select(static sample => DateOnly.FromDateTime(sample.Time)).Distinct())
            await partitions.EnsureAsync(day, CancellationToken.None);

        var cold = batch
            .SelectMany(static submission => submission.Samples, static (submission, sample) => (submission.Device.Organisation, sample.Series))
            .Where(entry => !_memories.ContainsKey(entry.Series))
            .Distinct()
            .GroupBy(static entry => entry.Organisation, static entry => entry.Series);
        foreach (var group in cold)
        {
            foreach (var (series, memory) in await detectors.LoadAsync(group.Key, [.. group], CancellationToken.None))
                _memories[series] = memory;
        }
    }

    // "To the second" is what the contract says of last_seen_time, so a busy device costs one update a second.
    private bool IsTouchDue(int device, DateTime now) =>
        !_touched.TryGetValue(device, out var second) || second != now.Ticks / TimeSpan.TicksPerSecond;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A batch of {Count} requests was refused by the database ({Reason}); writing them one by one")]
        public static partial void Splitting(ILogger logger, int count, string reason);

        [LoggerMessage(2, LogLevel.Error, "A batch of {Count} requests could not be written; the senders are told")]
        public static partial void Failed(ILogger logger, int count, Exception exception);
    }
}
