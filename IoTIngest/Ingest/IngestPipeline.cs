using System.Threading.RateLimiting;
using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Devices;
using AiMesh.ServiceDefaults.Errors;
using Google.Protobuf.Collections;
using Microsoft.Extensions.Options;
using Rejection = AiMesh.Iot.V1.IngestReadingsResponse.Types.Rejection;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>The one way in for readings, whatever brought them: validated, queued within bounds, answered once they are on disk.</summary>
internal sealed class IngestPipeline : IDisposable
{
    private readonly SeriesCatalog _series;
    private readonly BatchWriters _writers;
    private readonly TimeProvider _time;
    private readonly TimeSpan _longestWait;
    private readonly ConcurrencyLimiter _room;

    public IngestPipeline(SeriesCatalog series, BatchWriters writers, IOptions<IngestOptions> options, TimeProvider time)
    {
        (_series, _writers, _time, _longestWait) = (series, writers, time, options.Value.LongestWait);

        // As much again may wait for room; beyond that, waiting would only take memory.
        var readings = options.Value.QueuedReadings;
        _room = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = readings,
            QueueLimit = readings,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        IngestMetrics.ObserveQueue(() => readings - (_room.GetStatistics()?.CurrentAvailablePermits ?? readings));
    }

    /// <summary>Stores the valid readings of a request.</summary>
    /// <param name="device">Whose they are; the caller has made sure that it may send them.</param>
    /// <param name="request">Its device_id is not looked at.</param>
    /// <param name="source">"rpc", "mqtt" or "demo".</param>
    /// <param name="cancellationToken">Stops waiting. Readings that are queued by then are stored all the same.</param>
    public async Task<Result<IngestReadingsResponse>> IngestAsync(
        KnownDevice device, IngestReadingsRequest request, string source, CancellationToken cancellationToken)
    {
        if (ReadingRules.Check(request) is { } error)
            return error;

        var response = new IngestReadingsResponse { RequestId = request.RequestId };
        var samples = await ValidateAsync(device, request, response, cancellationToken);
        response.Accepted = samples.Length;
        var deadLetter = response.Rejected.Count > 0 ? DeadLetter.Of(device, source, request, response.Rejected) : null;
        return await SubmitAsync(new Submission(device, request.RequestId, samples, response, deadLetter), cancellationToken);
    }

    /// <summary>Keeps something that could not be read as a request, with the reason.</summary>
    public Task<Result<IngestReadingsResponse>> BuryAsync(DeadLetter letter, CancellationToken cancellationToken) =>
        SubmitAsync(new Submission(letter.Device, "", [], new IngestReadingsResponse(), letter), cancellationToken);

    public void Dispose() => _room.Dispose();

    private async Task<Result<IngestReadingsResponse>> SubmitAsync(Submission submission, CancellationToken cancellationToken)
    {
        if (await TakeRoomAsync(Math.Max(submission.Samples.Length, 1), cancellationToken) is not { } room)
            return new IngestOverloaded();

        submission.Room = room;
        if (!_writers.TryEnqueue(submission))
        {
            room.Dispose();
            return new Unavailable("this replica");
        }

        return await submission.Answer.WaitAsync(cancellationToken);
    }

    private async ValueTask<RateLimitLease?> TakeRoomAsync(int readings, CancellationToken cancellationToken)
    {
        var lease = _room.AttemptAcquire(readings);
        if (lease.IsAcquired)
            return lease;

        using var patience = new CancellationTokenSource(_longestWait, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            lease = await _room.AcquireAsync(readings, both.Token);
            return lease.IsAcquired ? lease : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async ValueTask<Sample[]> ValidateAsync(
        KnownDevice device, IngestReadingsRequest request, IngestReadingsResponse response, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var valid = new List<(int Index, Sample Sample)>(request.Readings.Count);
        HashSet<string>? unknown = null;
        for (var index = 0; index < request.Readings.Count; index++)
        {
            var reading = request.Readings[index];
            if (ReadingRules.Check(index, reading, now, out var time) is { } rejection)
            {
                response.Rejected.Add(rejection);
                continue;
            }

            if (!device.Series.TryGetValue(reading.Metric, out var series))
                (unknown ??= new HashSet<string>(StringComparer.Ordinal)).Add(reading.Metric);
            valid.Add((index, new Sample(series, reading.Metric, time, reading.Value, Anomalous: false)));
        }

        if (unknown is not null)
        {
            await _series.LearnAsync(device, unknown, cancellationToken);
            valid = Numbered(device, valid, response.Rejected);
        }

        return [.. valid.Select(static entry => entry.Sample)];
    }

    private static List<(int Index, Sample Sample)> Numbered(KnownDevice device, List<(int Index, Sample Sample)> valid, RepeatedField<Rejection> rejected)
    {
        var numbered = new List<(int Index, Sample Sample)>(valid.Count);
        foreach (var (index, sample) in valid)
        {
            if (device.Series.TryGetValue(sample.Metric, out var series))
                numbered.Add((index, sample with { Series = series }));
            else
                rejected.Add(ReadingRules.Rejected(index, "metric", "this device sends as many different metrics as it may; no further one is taken"));
        }

        return numbered;
    }
}
