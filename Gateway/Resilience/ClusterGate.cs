namespace AiMesh.Gateway.Resilience;

/// <summary>
/// The door to one cluster: refuses what would be too many at once, and, while the cluster fails, all but one try now and then. A try that
/// hangs does not keep the door shut: after another break the next one is let through.
/// </summary>
internal sealed class ClusterGate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private int _inFlight;
    private int _good;
    private int _bad;
    private long _windowEnd;
    private long _nextTry;
    private volatile bool _isOpen;

    /// <summary>True while requests are refused because the cluster failed.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>False when the request must not go on; <paramref name="retryAfter"/> then says when to come back.</summary>
    public bool TryEnter(ResilienceOptions options, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (_isOpen && !TryProbe(options, out retryAfter))
            return false;
        if (Interlocked.Increment(ref _inFlight) <= options.MaxConcurrentRequests)
            return true;
        Interlocked.Decrement(ref _inFlight);
        retryAfter = TimeSpan.FromSeconds(1);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>The cluster answered; with what does not matter here.</summary>
    public void NoteAnswer(ResilienceOptions options)
    {
        lock (_lock)
        {
            if (_isOpen)
                (_isOpen, _good, _bad) = (false, 0, 0);
            Roll(options);
            _good++;
        }
    }

    /// <summary>The cluster did not answer, or broke off. Returns true when that opened the breaker.</summary>
    public bool NoteFailure(ResilienceOptions options)
    {
        lock (_lock)
        {
            Roll(options);
            _bad++;
            if (_isOpen || _good + _bad < options.BreakerMinimumRequests || _bad < options.BreakerFailureRatio * (_good + _bad))
                return false;
            _nextTry = After(options.BreakDuration);
            return _isOpen = true;
        }
    }

    private bool TryProbe(ResilienceOptions options, out TimeSpan retryAfter)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_isOpen && now < _nextTry)
            {
                retryAfter = time.GetElapsedTime(now, _nextTry);
                return false;
            }

            _nextTry = After(options.BreakDuration);
            retryAfter = TimeSpan.Zero;
            return true;
        }
    }

    private void Roll(ResilienceOptions options)
    {
        if (time.GetTimestamp() < _windowEnd)
            return;
        (_good, _bad, _windowEnd) = (0, 0, After(options.BreakerWindow));
    }

    private long After(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);
}
