using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Remembers what was found out about credentials, by their hashes, in two generations: what was not used while the younger one filled
/// up is dropped with the older one. Never holds more than its capacity.
/// </summary>
internal sealed class CredentialCache<TValue>(int capacity)
    where TValue : class
{
    private readonly int _generationSize = Math.Max(1, capacity / 2);
    private ConcurrentDictionary<TokenHash, TValue> _young = new();
    private ConcurrentDictionary<TokenHash, TValue> _old = new();
    private readonly Lock _turning = new();
    private int _youngCount;

    public bool TryGet(in TokenHash hash, [MaybeNullWhen(false)] out TValue token)
    {
        if (Volatile.Read(ref _young).TryGetValue(hash, out token)) return true;
        if (!Volatile.Read(ref _old).TryGetValue(hash, out token)) return false;
        Add(hash, token);
        return true;
    }

    public void Add(in TokenHash hash, TValue token)
    {
        // Counted apart: ConcurrentDictionary.Count takes every lock.
        if (!Volatile.Read(ref _young).TryAdd(hash, token)) Volatile.Read(ref _young)[hash] = token;
        else if (Interlocked.Increment(ref _youngCount) >= _generationSize) StartGeneration();
    }

    /// <summary>What is remembered, or else the given, which is from now on: all who ask at once get the same.</summary>
    public TValue GetOrAdd(in TokenHash hash, TValue value)
    {
        if (TryGet(hash, out var known)) return known;
        known = Volatile.Read(ref _young).GetOrAdd(hash, value);
        if (ReferenceEquals(known, value) && Interlocked.Increment(ref _youngCount) >= _generationSize) StartGeneration();
        return known;
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
            Volatile.Write(ref _young, new ConcurrentDictionary<TokenHash, TValue>());
            Volatile.Write(ref _youngCount, 0);
        }
    }
}
