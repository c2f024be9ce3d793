using System.Collections.Concurrent;
using AiMesh.Gateway.Limits;
using StackExchange.Redis;

namespace AiMesh.Gateway.Signatures;

/// <summary>
/// Remembers which signatures were used: in this process, and in Redis for all replicas. While Redis is away a signature could be used once at each
/// replica; the token and the age of the signature still stand against it.
/// </summary>
internal sealed class NonceStore(TimeProvider time, Limiter limiter, IConnectionMultiplexer? redis = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _used = new(StringComparer.Ordinal);
    private long _nextSweep;

    /// <summary>False when the nonce was used before.</summary>
    public async ValueTask<bool> TryUseAsync(string keyId, string nonce, TimeSpan remember)
    {
        var name = $"aimesh:nonce:{keyId}:{nonce}";
        Sweep();
        if (!_used.TryAdd(name, time.GetUtcNow() + remember))
            return false;
        if (redis is null || limiter.IsLost)
            return true;
        try
        {
            return await redis.GetDatabase().StringSetAsync(name, 1, remember, When.NotExists).WaitAsync(Patience, time);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            return true;
        }
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        var due = Volatile.Read(ref _nextSweep);
        if (now.UtcTicks < due || Interlocked.CompareExchange(ref _nextSweep, now.AddSeconds(10).UtcTicks, due) != due)
            return;
        foreach (var (name, until) in _used)
        {
            if (until < now)
                _used.TryRemove(name, out _);
        }
    }
}
