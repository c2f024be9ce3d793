using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Remembers tokens whose signature was verified, in two generations: what was not used while the younger one filled up is
/// dropped with the older one. Never holds more than its capacity.
/// </summary>
internal sealed class VerifiedTokenCache(int capacity)
{
    private readonly int _generationSize = Math.Max(1, capacity / 2);
    private ConcurrentDictionary<TokenHash, CachedToken> _young = new();
    private ConcurrentDictionary<TokenHash, CachedToken> _old = new();
    private readonly Lock _turning = new();
    private int _youngCount;

    public bool TryGet(in TokenHash hash, [MaybeNullWhen(false)] out CachedToken token)
    {
        if (Volatile.Read(ref _young).TryGetValue(hash, out token)) return true;
        if (!Volatile.Read(ref _old).TryGetValue(hash, out token)) return false;
        Add(hash, token);
        return true;
    }

    public void Add(in TokenHash hash, CachedToken token)
    {
        // Counted apart: ConcurrentDictionary.Count takes every lock.
        if (!Volatile.Read(ref _young).TryAdd(hash, token)) Volatile.Read(ref _young)[hash] = token;
        else if (Interlocked.Increment(ref _youngCount) >= _generationSize) StartGeneration();
    }

    public void Remove(in TokenHash hash)
    {
        if (Volatile.Read(ref _young).TryRemove(hash, out _)) Interlocked.Decrement(ref _youngCount);
        Volatile.Read(ref _old).TryRemove(hash, out _);
    }

    private void StartGeneration()
    {
        lock (_turning)
        {
            if (Volatile.Read(ref _youngCount) < _generationSize) return;
            Volatile.Write(ref _old, _young);
            Volatile.Write(ref _young, new ConcurrentDictionary<TokenHash, CachedToken>());
            Volatile.Write(ref _youngCount, 0);
        }
    }
}

/// <summary>A verified token with what is needed to ask again whether it is still in force.</summary>
internal sealed class CachedToken(VerifiedToken token, AccessTokenKeySet keys, long revocationVersion)
{
    private long _revocationVersion = revocationVersion;

    public VerifiedToken Token { get; } = token;

    /// <summary>The key set that verified it: any change of keys asks for a new verification.</summary>
    public AccessTokenKeySet Keys { get; } = keys;

    public RevocationIds Ids { get; } = RevocationIds.Of(token.Claims);

    /// <summary>The state of the revocation list at which it was last found in force.</summary>
    public long RevocationVersion
    {
        get => Volatile.Read(ref _revocationVersion);
        set => Volatile.Write(ref _revocationVersion, value);
    }
}
