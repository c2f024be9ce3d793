using AiMesh.Data.V1;
using Grpc.Core;

namespace AiMesh.Gateway.Caching;

/// <summary>
/// Hears from DataService what was written, whoever wrote it, and forgets it here. While it hears nothing, nothing is kept: what was changed or erased
/// elsewhere must not stay in memory because nobody said so.
/// </summary>
internal sealed partial class InvalidationFollower(Invalidations.InvalidationsClient client, AnswerStore store, TimeProvider time, ILogger<InvalidationFollower> logger) : BackgroundService
{
    /// <summary>DataService speaks at least once a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is RpcException or OperationCanceledException)
            {
                if (store.IsOpen && !stoppingToken.IsCancellationRequested) Log.Lost(logger, (exception as RpcException)?.StatusCode ?? StatusCode.DeadlineExceeded);
            }

            if (store.IsOpen) CacheMetrics.Invalidated("lost");
            store.Close();
            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        silence.CancelAfter(Patience);
        using var call = client.WatchInvalidations(new WatchInvalidationsRequest(), cancellationToken: silence.Token);
        while (await call.ResponseStream.MoveNext(silence.Token))
        {
            var message = call.ResponseStream.Current;
            if (message.All) store.ForgetAll();
            foreach (var dataset in message.Datasets)
            {
                store.Forget(new DatasetName(dataset.Organisation, dataset.Dataset));
                CacheMetrics.Invalidated("event");
            }

            if (!store.IsOpen)
            {
                store.Open();
                Log.Followed(logger);
            }

            silence.CancelAfter(Patience);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "It is not known what is written any more ({Status}); no answers are kept until it is")]
        public static partial void Lost(ILogger logger, StatusCode status);

        [LoggerMessage(2, LogLevel.Information, "Answers are kept")]
        public static partial void Followed(ILogger logger);
    }
}
