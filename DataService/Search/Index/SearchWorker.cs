using AiMesh.DataService.Events;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.DataService.Search.Index;

/// <summary>
/// Indexes in the background what no search was in a hurry for, and rebuilds. Every replica runs one; any of them does the work. Woken by events, and by
/// the clock where those fail.
/// </summary>
internal sealed partial class SearchWorker(SearchIndexer indexer, EventHub events, IOptions<SearchOptions> options, TimeProvider clock, ILogger<SearchWorker> logger) : BackgroundService
{
    private const int StepsInARow = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var woken = events.SubscribeToAll();
        var trimmed = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var trims = clock.GetElapsedTime(trimmed) > options.Value.RemovedRetention / 4;
                if (trims) trimmed = clock.GetTimestamp();
                if (!await WorkAsync(trims, stoppingToken)) await woken.WaitAsync(options.Value.PollInterval, stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                Log.NotIndexed(logger, exception.Message);
                await Task.Delay(options.Value.PollInterval, clock, stoppingToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // A dataset with much to do does not keep the others waiting.
    private async Task<bool> WorkAsync(bool trims, CancellationToken stoppingToken)
    {
        var isMore = false;
        foreach (var work in await indexer.FindWorkAsync(all: trims, stoppingToken))
        {
            if (trims) await indexer.TrimAsync(work, options.Value.RemovedRetention, stoppingToken);
            var steps = 0;
            while (steps < StepsInARow && await indexer.StepAsync(work, stoppingToken)) steps++;
            isMore |= steps == StepsInARow;
        }

        return isMore;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Items cannot be indexed for search now: {Reason}")]
        public static partial void NotIndexed(ILogger logger, string reason);
    }
}
