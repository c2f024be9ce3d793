using Microsoft.Extensions.Options;

namespace AiMesh.Gateway.Caching;

/// <summary>
/// Kept answers, the least recently used of which give way. What is forgotten because of a write is gone from memory, and what was asked for before the
/// write is not taken in after it. Safe for concurrent use; one lock, held for look-ups only.
/// </summary>
internal sealed class AnswerStore(IOptions<CacheOptions> options)
{
    private const int EntryOverhead = 512;
    private const int Stripes = 1024;

    private readonly CacheOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<DatasetName, HashSet<string>> _byDataset = [];
    private readonly LinkedList<Entry> _byUse = [];
    private readonly long[] _writes = new long[Stripes];
    private long _bytes;
    private bool _isOpen;

    /// <summary>False while nobody says what has to be forgotten: then nothing is kept.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_lock) return _isOpen;
        }
    }

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Count
    {
        get
        {
            lock (_lock) return _byUse.Sum(static entry => entry.Answers.Length);
        }
    }

    public void Open()
    {
        lock (_lock) _isOpen = true;
    }

    /// <summary>Forgets everything and keeps nothing more.</summary>
    public void Close()
    {
        lock (_lock) _isOpen = false;
        ForgetAll();
    }

    /// <summary>What is kept for a request, and the state of its dataset for <see cref="Add"/>.</summary>
    public (CachedAnswer[] Answers, long Writes) Find(CacheKey key)
    {
        lock (_lock)
        {
            var writes = _writes[Stripe(key.Dataset)];
            if (!_entries.TryGetValue(key.Text, out var node)) return ([], writes);
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return (node.Value.Answers, writes);
        }
    }

    /// <summary>Keeps an answer, unless its dataset was written to since <see cref="Find"/>.</summary>
    /// <returns>Whether it is kept.</returns>
    public bool Add(CacheKey key, CachedAnswer answer, long writes)
    {
        if (answer.Body.Length > _options.MaxAnswerBytes) return false;
        lock (_lock)
        {
            if (!_isOpen || _writes[Stripe(key.Dataset)] != writes) return false;
            CachedAnswer[] others = _entries.TryGetValue(key.Text, out var known) ? known.Value.Answers : [];
            if (known is not null) Remove(known);
            var entry = new Entry(key, [answer, .. others.Where(other => other.Label != answer.Label).Take(_options.MaxVariants - 1)]);
            _entries.Add(key.Text, _byUse.AddFirst(entry));
            if (!_byDataset.TryGetValue(key.Dataset, out var keys)) _byDataset.Add(key.Dataset, keys = new(StringComparer.Ordinal));
            keys.Add(key.Text);
            _bytes += entry.Size;
            while (_bytes > _options.MaxBytes && _byUse.Last is { } last)
            {
                CacheMetrics.Evicted();
                Remove(last);
            }

            return _entries.ContainsKey(key.Text);
        }
    }

    /// <summary>Forgets what is kept of a dataset.</summary>
    public void Forget(DatasetName dataset)
    {
        lock (_lock)
        {
            _writes[Stripe(dataset)]++;
            if (!_byDataset.TryGetValue(dataset, out var keys)) return;
            foreach (var key in keys.ToArray()) Remove(_entries[key]);
        }
    }

    public void ForgetAll()
    {
        lock (_lock)
        {
            for (var i = 0; i < _writes.Length; i++) _writes[i]++;
            _entries.Clear();
            _byDataset.Clear();
            _byUse.Clear();
            _bytes = 0;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        var entry = node.Value;
        _byUse.Remove(node);
        _entries.Remove(entry.Key.Text);
        _bytes -= entry.Size;
        var keys = _byDataset[entry.Key.Dataset];
        keys.Remove(entry.Key.Text);
        if (keys.Count == 0) _byDataset.Remove(entry.Key.Dataset);
    }

    // Two datasets that share one only keep a little less.
    private static int Stripe(DatasetName dataset) => (int)((uint)dataset.GetHashCode() % Stripes);

    private sealed record Entry(CacheKey Key, CachedAnswer[] Answers)
    {
        public int Size { get; } = EntryOverhead + 4 * Key.Text.Length + Answers.Sum(static answer => answer.Size);
    }
}
