using System.Collections.Concurrent;

namespace AiMesh.ServiceDefaults.Identity.Tokens;

/// <summary>
/// Access tokens that were withdrawn before they expire. Fed by <see cref="RevocationPoller"/>, or directly where the host is the
/// authority. Safe for concurrent use; asking is a few look-ups.
/// </summary>
public sealed class RevocationList(TimeProvider time)
{
    /// <summary>The Redis channel on which the authority says that there is something new. The message itself says nothing more.</summary>
    public const string Channel = "aimesh:revoked";

    private static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _writing = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, RevocationEntry> _entries = new(StringComparer.Ordinal);
    private DateTimeOffset _nextPrune = time.GetUtcNow() + PruneInterval;
    private long _sequence;
    private long _version;
    private long _confirmed;

    /// <summary>The number of the last entry that was applied.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>How many entries are in force.</summary>
    public int Count => _entries.Count;

    /// <summary>Ends when the list was loaded whole for the first time; until then nobody can say that a token is in force.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>How long ago somebody said that this is all; null until it was loaded.</summary>
    public TimeSpan? Age => _loaded.Task.IsCompleted ? time.GetElapsedTime(Volatile.Read(ref _confirmed)) : null;

    /// <summary>Grows with every change, so that a cache knows when to ask again.</summary>
    internal long Version => Volatile.Read(ref _version);

    /// <summary>
    /// Adds what happened since <see cref="Sequence"/>. Fewer than <see cref="RevocationDocument.MaxEntries"/>, or none, say that the list is complete as it then stands.
    /// </summary>
    public void Apply(RevocationDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        lock (_writing)
        {
            foreach (var entry in document.Entries) _entries.AddOrUpdate(entry.Id, entry, (_, known) => Stronger(known, entry));
            Prune();
            Volatile.Write(ref _sequence, document.Sequence);
            if (!document.Entries.IsEmpty) Interlocked.Increment(ref _version);

            // What was cut leaves out the latest, which are those that matter.
            if (document.Entries.Length >= RevocationDocument.MaxEntries) return;
            Volatile.Write(ref _confirmed, time.GetTimestamp());
        }

        _loaded.TrySetResult();
    }

    /// <summary>
    /// Asks for everything again, because the authority counts from the beginning (its store was restored). What is known stays in
    /// force until it expires.
    /// </summary>
    public void Rewind() => Volatile.Write(ref _sequence, 0);

    internal bool IsRevoked(RevocationIds ids, DateTimeOffset issuedAt)
    {
        if (_entries.IsEmpty) return false;
        return _entries.ContainsKey(ids.Token)
            || _entries.ContainsKey(ids.Session)
            || (_entries.TryGetValue(ids.Subject, out var subject) && !(issuedAt.ToUnixTimeSeconds() >= subject.IssuedBefore));
    }

    private static RevocationEntry Stronger(RevocationEntry known, RevocationEntry added) => new(
        known.Id,
        known.IssuedBefore is { } first && added.IssuedBefore is { } second ? Math.Max(first, second) : null,
        Math.Max(known.Expires, added.Expires));

    private void Prune()
    {
        var now = time.GetUtcNow();
        if (now < _nextPrune) return;
        _nextPrune = now + PruneInterval;
        var seconds = now.ToUnixTimeSeconds();
        foreach (var (id, entry) in _entries)
            if (entry.Expires < seconds) _entries.TryRemove(id, out _);
    }
}
