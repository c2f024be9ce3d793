using AiMesh.ServiceDefaults.Errors;

namespace AiMesh.DataService.Stores.Migration;

/// <summary>Goes on with moves that have not ended. Every replica runs one; each move is done by one of them at a time, and taken over where that one was killed.</summary>
internal sealed partial class MigrationPump(MigrationStore migrations, MigrationRun run, TimeProvider clock, ILogger<MigrationPump> logger) : BackgroundService
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<long, Task> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            do await StartNewAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is under way notices the same.
        }

        await Task.WhenAll(_running.Values);
    }

    private async Task StartNewAsync(CancellationToken stoppingToken)
    {
        foreach (var (id, _) in _running.Where(static one => one.Value.IsCompleted).ToArray()) _running.Remove(id);
        try
        {
            foreach (var row in await migrations.UnfinishedAsync(stoppingToken))
                if (_running.Count < AtOnce && !_running.ContainsKey(row.DatasetId)) _running.Add(row.DatasetId, RunAsync(row, stoppingToken));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotRead(logger, exception.Message);
        }
    }

    private async Task RunAsync(MigrationRow row, CancellationToken stoppingToken)
    {
        try
        {
            await run.RunAsync(row, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Goes on after the next start.
        }
        catch (MeshException exception)
        {
            await NoteAsync(row, exception.Error.Message, stoppingToken);
        }
        catch (Exception exception)
        {
            // What a store or a driver says may hold values; it goes to the log as a fault, and to callers as the fact.
            Log.Fault(logger, exception, row.DatasetId);
            await NoteAsync(row, "a fault, which the log of the service tells", stoppingToken);
        }
    }

    private async Task NoteAsync(MigrationRow row, string trouble, CancellationToken stoppingToken)
    {
        try
        {
            Log.Waits(logger, row.DatasetId, trouble);
            await migrations.TroubleAsync(row.DatasetId, trouble, stoppingToken);
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or OperationCanceledException)
        {
            Log.NotRead(logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The moves of datasets cannot be read now: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "The move of the dataset {Dataset} does not get on now: {Reason}")]
        public static partial void Waits(ILogger logger, long dataset, string reason);

        [LoggerMessage(3, LogLevel.Error, "The move of the dataset {Dataset} met a fault")]
        public static partial void Fault(ILogger logger, Exception exception, long dataset);
    }
}
