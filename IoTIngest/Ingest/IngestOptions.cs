using System.ComponentModel.DataAnnotations;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>How readings are taken in; configuration section <c>Ingest</c>. Validated at start.</summary>
internal sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>Readings that are accepted but not written yet. Who comes when it is reached waits. 10,000 to 10,000,000; default: 100,000.</summary>
    [Range(10_000, 10_000_000)]
    public int QueuedReadings { get; set; } = 100_000;

    /// <summary>How long a caller waits for room before it is refused. 1 ms to 1 minute; default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Readings written in one transaction; a single larger request counts as one. 1 to 100,000; default: 5,000.</summary>
    [Range(1, 100_000)]
    public int BatchReadings { get; set; } = 5_000;

    /// <summary>
    /// How long a writer that is kept busy by many small requests waits for more of them. One that is not writes at once: while it writes,
    /// the next batch gathers by itself. 0 to 1 s; default: 5 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Writers at work at the same time; each owns the devices that hash to it. 1 to 16; default: 2.</summary>
    [Range(1, 16)]
    public int Writers { get; set; } = 2;

    /// <summary>Metrics a device may send, so that a mistaken one cannot fill the registry. 1 to 10,000; default: 200.</summary>
    [Range(1, 10_000)]
    public int MetricsPerDevice { get; set; } = 200;
}
