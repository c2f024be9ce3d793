using AiMesh.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>Keeps copies up to date in the background. Every replica runs one; a copy is worked on by one at a time.</summary>
internal sealed partial class CopyWorker(IndexCopier copier, IOptions<SearchOptions> options, TimeProvider clock, ILogger<CopyWorker> logger) : BackgroundService
{
    private const int StepsInARow = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // When to come back to a store that could not be reached.
    private readonly Dictionary<string, DateTimeOffset> _lost = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (!await WorkAsync(stoppingToken)) await Task.Delay(options.Value.PollInterval, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends.
        }
    }

    // A dataset with much to copy does not keep the others waiting.
    private async Task<bool> WorkAsync(CancellationToken stoppingToken)
    {
        var isMore = false;
        try
        {
            foreach (var copy in await copier.FindWorkAsync(stoppingToken))
            {
                if (_lost.TryGetValue(copy.Store, out var until) && clock.GetUtcNow() < until) continue;
                try
                {
                    var steps = 0;
                    while (steps < StepsInARow && await copier.StepAsync(copy, waits: false, stoppingToken)) steps++;
                    isMore |= steps == StepsInARow;
                }
                catch (Exception e) when (e is not NpgsqlException && !stoppingToken.IsCancellationRequested)
                {
                    // Whatever a store says ends this round and not the service. What was not expected may hold its words, which stay out of the log.
                    _lost[copy.Store] = clock.GetUtcNow() + Pause;
                    Log.NotCopied(logger, copy.Store, e is MeshException or InvalidOperationException ? e.Message : e.GetType().Name);
                }
            }
        }
        catch (NpgsqlException e)
        {
            Log.Stopped(logger, e.Message);
        }

        return isMore;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Vectors cannot be copied to the search store {Store} now: {Reason}")]
        public static partial void NotCopied(ILogger logger, string store, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Vectors cannot be copied now: {Reason}")]
        public static partial void Stopped(ILogger logger, string reason);
    }
}
