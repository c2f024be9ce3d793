using AiMesh.Gateway.Settings;
using StackExchange.Redis;

namespace AiMesh.Gateway.Limits;

/// <summary>
/// Decides on the shared counters while Redis answers in time, and on this process' own while it does not (G3). A request never fails
/// because Redis does: it waits for the time-out at most, and once Redis is in doubt nobody waits until it answers again. Lost, with a word in log, health and
/// metrics, it is when it does not answer a ping soon: short of processor time this process may be the one that is late.
/// </summary>
internal sealed partial class Limiter(
    LocalCounters local, LiveSettings live, TimeProvider time, ILogger<Limiter> logger, SharedCounters? shared = null) : IDisposable
{
    /// <summary>So many time-outs in a row, and Redis is in doubt. One alone may be a pause of our own garbage collector.</summary>
    private const int Patience = 3;

    private readonly CancellationTokenSource _stopping = new();
    private int _timeouts;
    private int _isInDoubt;
    private volatile bool _isLost;

    /// <summary>Redis has not answered for longer than a moment.</summary>
    public bool IsLost => _isLost;

    public ValueTask<LimitDecision> DecideAsync(LimitBucket[] buckets) =>
        shared is null || Volatile.Read(ref _isInDoubt) == 1 ? ValueTask.FromResult(DecideLocally(buckets)) : DecideSharedAsync(shared, buckets);

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async ValueTask<LimitDecision> DecideSharedAsync(SharedCounters counters, LimitBucket[] buckets)
    {
        if (await TryDecideAsync(counters, buckets) is not { } decision)
            return DecideLocally(buckets);
        LimitMetrics.Decided(buckets[decision.Bucket].Policy.Name, decision.IsAllowed, isShared: true);
        return decision;
    }

    private LimitDecision DecideLocally(LimitBucket[] buckets)
    {
        var decision = local.Decide(buckets);
        LimitMetrics.Decided(buckets[decision.Bucket].Policy.Name, decision.IsAllowed, isShared: false);
        return decision;
    }

    private async Task<LimitDecision?> TryDecideAsync(SharedCounters counters, LimitBucket[] buckets)
    {
        try
        {
            var decision = await counters.DecideAsync(buckets).WaitAsync(live.Current.Limits.Shared.Timeout, time);
            if (_timeouts != 0)
                Volatile.Write(ref _timeouts, 0);
            return decision;
        }
        catch (TimeoutException)
        {
            if (Interlocked.Increment(ref _timeouts) >= Patience)
                Doubt(counters, "no answer in time");
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Redis was restarted in between; the client loads the script again with the next call.
        }
        catch (Exception exception) when (exception is RedisException or ObjectDisposedException or InvalidOperationException)
        {
            Doubt(counters, exception.Message);
        }

        return null;
    }

    private void Doubt(SharedCounters counters, string reason)
    {
        if (Interlocked.Exchange(ref _isInDoubt, 1) == 0)
            _ = ReturnAsync(counters, reason, _stopping.Token);
    }

    /// <summary>Waits until Redis answers again. One question is under way at a time, so that a frozen Redis does not wake up to thousands.</summary>
    private async Task ReturnAsync(SharedCounters counters, string reason, CancellationToken stopping)
    {
        try
        {
            var first = AnswersAsync(counters, stopping);
            await Task.WhenAny(first, Task.Delay(live.Current.Limits.Shared.RetryInterval, time, stopping));
            stopping.ThrowIfCancellationRequested();
            if (!first.IsCompletedSuccessfully || !await first)
            {
                Lose(reason);
                for (var answers = first; !await answers; answers = AnswersAsync(counters, stopping))
                    await Task.Delay(live.Current.Limits.Shared.RetryInterval, time, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (_isLost)
            Find();
        Volatile.Write(ref _timeouts, 0);
        Volatile.Write(ref _isInDoubt, 0);
    }

    private void Lose(string reason)
    {
        _isLost = true;
        LimitMetrics.Lost();
        Log.Lost(logger, reason);
    }

    private void Find()
    {
        _isLost = false;
        LimitMetrics.Found();
        Log.Found(logger);
    }

    private static async Task<bool> AnswersAsync(SharedCounters counters, CancellationToken stopping)
    {
        try
        {
            await counters.PingAsync().WaitAsync(stopping);
            return true;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException or InvalidOperationException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis is away; rate limits are counted by this replica alone: {Reason}")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "Redis is back; rate limits are shared again")]
        public static partial void Found(ILogger logger);
    }
}
