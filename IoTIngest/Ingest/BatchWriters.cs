using AiMesh.IoTIngest.Detection;
using AiMesh.IoTIngest.Live;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>What every writer is told.</summary>
internal sealed record BatchWriterSettings(int BatchReadings, TimeSpan Linger, TimeProvider Time, ILogger Logger);

/// <summary>The writers at work. A device always goes to the same one, which keeps its readings in order.</summary>
internal sealed class BatchWriters : BackgroundService
{
    private readonly BatchWriter[] _writers;

    public BatchWriters(
        NpgsqlDataSource dataSource, PartitionCatalog partitions, DetectorStore detectors, LiveHub live, IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<IngestOptions>>().Value;
        var settings = new BatchWriterSettings(
            options.BatchReadings, options.Linger, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<BatchWriter>>());
        _writers = [.. Enumerable.Range(0, options.Writers).Select(_ => new BatchWriter(dataSource, partitions, detectors, live, settings))];
    }

    /// <summary>False once the host is stopping.</summary>
    public bool TryEnqueue(Submission submission) => _writers[submission.Device.Number % _writers.Length].TryEnqueue(submission);

    /// <summary>What is queued is still written and answered.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var writer in _writers)
            writer.Complete();
        if (ExecuteTask is { } running)
            await running.WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_writers.Select(static writer => Task.Run(writer.RunAsync)));
}
