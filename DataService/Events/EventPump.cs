using AiMesh.DataService.Events.Broker;
using Microsoft.Extensions.Options;
using Npgsql;

namespace AiMesh.DataService.Events;

/// <summary>
/// Publishes events, wakes this replica's subscribers, and removes what is old. Every replica runs one and any of them does the work. Another
/// replica's publishing is heard of by NOTIFY, which is a wake-up and nothing more: where it fails, polling finds the same. Whatever fails, it is tried again.
/// </summary>
internal sealed partial class EventPump(
    EventStore store, EventHub hub, NpgsqlDataSource dataSource, IOptions<EventOptions> options, IOptions<BrokerOptions> broker, TimeProvider clock, ILogger<EventPump> logger)
    : BackgroundService
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    private readonly EventOptions _options = options.Value;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(PublishAsync(stoppingToken), ListenAsync(stoppingToken), TrimAsync(stoppingToken));

    private async Task PublishAsync(CancellationToken stoppingToken)
    {
        long? seen = null;
        var away = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var position = await store.PublishAsync(stoppingToken);

                // Whoever subscribed before this replica first looked may wait for something that is behind it.
                if (seen is null)
                    hub.WakeAll();
                else if (position > seen)
                    hub.Published((await store.ChangedAfterAsync(seen.Value, stoppingToken)).Datasets.Select(static dataset => (dataset.Organisation, dataset.Dataset)));
                seen = position;
                if (away) Log.ReachedAgain(logger);
                away = false;
                await hub.WaitForWritesAsync(_options.PollInterval, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!away) Log.NotReached(logger, exception.Message);
                away = true;
                await PauseAsync(_options.PollInterval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(stoppingToken);
                connection.Notification += (_, _) => hub.Written();
                await using (var listen = new NpgsqlCommand("LISTEN data_events", connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (!stoppingToken.IsCancellationRequested) await connection.WaitAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotListening(logger, exception.Message);
                await PauseAsync(ReconnectDelay, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task TrimAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await PauseAsync(_options.TrimInterval, stoppingToken);
            try
            {
                while (await store.TrimAsync(_options.Retention, _options.MaxEvents, broker.Value.MaxWaiting, stoppingToken) > 0)
                {
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotTrimmed(logger, exception.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private Task PauseAsync(TimeSpan delay, CancellationToken stoppingToken) =>
        Task.Delay(delay, clock, stoppingToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Events cannot be published now: {Reason}")]
        public static partial void NotReached(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Events are published again")]
        public static partial void ReachedAgain(ILogger logger);

        [LoggerMessage(3, LogLevel.Debug, "Notifications of events are not heard; polling goes on: {Reason}")]
        public static partial void NotListening(ILogger logger, string reason);

        [LoggerMessage(4, LogLevel.Warning, "Old events cannot be removed now: {Reason}")]
        public static partial void NotTrimmed(ILogger logger, string reason);
    }
}
