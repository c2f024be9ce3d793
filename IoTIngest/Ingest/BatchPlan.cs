using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Detection;
using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>Which submissions of a batch are new, and which repeat a request that was stored before or that stands earlier in the batch.</summary>
internal sealed class BatchPlan
{
    private readonly Dictionary<Submission, IngestReadingsResponse> _repeated;

    private BatchPlan(List<Submission> batch, Dictionary<Submission, IngestReadingsResponse> repeated)
    {
        _repeated = repeated;
        Fresh = [.. batch.Where(submission => !repeated.ContainsKey(submission))];
        Devices = [.. Fresh.Where(static submission => submission.Samples.Length > 0).Select(static submission => submission.Device.Number).Distinct()];
        Letters = [.. Fresh.Select(static submission => submission.DeadLetter).OfType<DeadLetter>()];
    }

    public IReadOnlyList<Submission> Fresh { get; }

    /// <summary>Devices that sent something new.</summary>
    public IReadOnlyList<int> Devices { get; }

    public List<DeadLetter> Letters { get; }

    public static async Task<BatchPlan> MakeAsync(List<Submission> batch, NpgsqlConnection connection)
    {
        var first = new Dictionary<(int Device, string RequestId), Submission>();
        var later = new List<Submission>();
        foreach (var submission in batch.Where(static submission => submission.RequestId.Length > 0))
        {
            if (!first.TryAdd((submission.Device.Number, submission.RequestId), submission))
                later.Add(submission);
        }

        var repeated = await BatchTransaction.ClaimAsync(connection, [.. first.Values], CancellationToken.None);
        foreach (var submission in later)
        {
            var original = first[(submission.Device.Number, submission.RequestId)];
            repeated.Add(submission, repeated.TryGetValue(original, out var earlier) ? earlier : original.Response);
        }

        return new BatchPlan(batch, repeated);
    }

    /// <summary>Has the detector look at every new reading, in order of time, and gives the rows of each day.</summary>
    public IEnumerable<(DateOnly Day, IEnumerable<(int Organisation, Sample Sample)> Rows)> Judge(BatchDetection detection)
    {
        foreach (var submission in Fresh)
        {
            var samples = submission.Samples;

            // Within a request the order is free; between requests of a device it is the order of arrival.
            Array.Sort(samples, static (left, right) => left.Time.CompareTo(right.Time));
            for (var index = 0; index < samples.Length; index++)
                samples[index].Anomalous = detection.Observe(samples[index].Series, samples[index].Time, samples[index].Value);
        }

        return Fresh
            .SelectMany(static submission => submission.Samples, static (submission, sample) => (submission.Device.OrganisationKey, Sample: sample))
            .GroupBy(static row => DateOnly.FromDateTime(row.Sample.Time))
            .Select(static day => (day.Key, day.AsEnumerable()));
    }

    /// <summary>The batch is durable: everybody is told.</summary>
    public void Answer()
    {
        foreach (var submission in Fresh)
            submission.Complete(submission.Response);
        foreach (var (submission, earlier) in _repeated)
            submission.Complete(new IngestReadingsResponse(earlier) { RequestId = submission.RequestId, Duplicate = true });
    }

    public void Count(TimeSpan duration)
    {
        var stored = Fresh.Sum(static submission => submission.Samples.Length);
        IngestMetrics.Stored.Add(stored);
        IngestMetrics.Rejected.Add(Fresh.Sum(static submission => submission.Response.Rejected.Count));
        IngestMetrics.Anomalous.Add(Fresh.Sum(static submission => submission.Samples.Count(static sample => sample.Anomalous)));
        IngestMetrics.BatchSize.Record(stored);
        IngestMetrics.BatchDuration.Record(duration.TotalSeconds);
    }
}
