using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace AiMesh.DataService.Search.Index;

/// <summary>Indexes in memory, as many as the configured memory holds; those not used for longest are given up first. A copy that is given up is read again when it is needed.</summary>
internal sealed class IndexCache(IndexReader reader, Embeddings.SentenceEmbedder embedder, IOptions<SearchOptions> options)
{
    private readonly ConcurrentDictionary<IndexWork, Slot> _slots = new();
    private readonly long _maxBytes = options.Value.MemoryMegabytes * 1024L * 1024;
    private long _uses;

    /// <summary>Indexes in memory now.</summary>
    public int Count => _slots.Count;

    /// <summary>The index, at this revision or a later one.</summary>
    /// <param name="work">Which.</param>
    /// <param name="withVectors">False where they are in a store: then only words are in memory. Always the same for an index.</param>
    /// <param name="revision">As far as it must be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IndexTooLargeException">It does not fit.</exception>
    public async Task<MemoryIndex> GetAsync(IndexWork work, bool withVectors, long revision, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(work, static _ => new Slot());
        slot.LastUse = Interlocked.Increment(ref _uses);
        var index = slot.Index;
        if (index is not null && index.Revision >= revision) return index;
        await slot.Writing.WaitAsync(cancellationToken);
        try
        {
            index = slot.Index;
            if (index is not null && index.Revision >= revision) return index;
            if (index is null || index.IsWorn || !await reader.RefreshAsync(index, work, _maxBytes, cancellationToken))
            {
                index = new MemoryIndex(withVectors ? embedder.Dimensions : 0);
                await reader.RefreshAsync(index, work, _maxBytes, cancellationToken);
            }

            slot.Index = index;
        }
        finally
        {
            slot.Writing.Release();
        }

        if (index.Bytes > _maxBytes)
        {
            slot.Index = null;
            throw new IndexTooLargeException();
        }

        GiveUpOldest(slot);
        return index;
    }

    private void GiveUpOldest(Slot kept)
    {
        var all = _slots.ToArray();
        var bytes = all.Sum(static entry => entry.Value.Index?.Bytes ?? 0);
        foreach (var (work, slot) in all.Where(entry => entry.Value != kept).OrderBy(static entry => entry.Value.LastUse))
        {
            if (bytes <= _maxBytes && all.Length <= 1000) return;
            bytes -= slot.Index?.Bytes ?? 0;
            _slots.TryRemove(KeyValuePair.Create(work, slot));
        }
    }

    private sealed class Slot
    {
        private MemoryIndex? _index;

        public SemaphoreSlim Writing { get; } = new(1, 1);

        public long LastUse { get; set; }

        public MemoryIndex? Index
        {
            get => Volatile.Read(ref _index);
            set => Volatile.Write(ref _index, value);
        }
    }
}
