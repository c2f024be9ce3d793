using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AiMesh.Embeddings;

namespace AiMesh.DataService.Search.Index;

/// <summary>
/// One searchable field of a dataset in memory: passages with vectors, and words with where they stand. A field by itself, so that what a caller sees of
/// it cannot depend on what other fields hold. Written by one at a time, read by many meanwhile; nothing is changed in place, so a search sees
/// the field as it was at its revision.
/// </summary>
internal sealed class FieldIndex
{
    private const int PageSize = 256;
    private const int EntryBytes = 160;

    // Neighbours in a graph, where there is one.
    private const int GraphBytes = 260;

    private readonly int _dimensions;
    private readonly AppendList<float[]> _pages = new();
    private readonly AppendList<FieldEntry?> _latest = new();
    private readonly AppendList<FieldEntry> _entries = new();
    private readonly AppendList<FieldEntry> _chunkEntries = new();
    private readonly ConcurrentDictionary<string, AppendList<Posting>> _postings = new(StringComparer.Ordinal);
    private long _bytes;
    private int _graphClaimed;

    public FieldIndex(string name, int dimensions)
    {
        (Name, _dimensions) = (name, dimensions);
        Graph = new HnswGraph(this);
    }

    public string Name { get; }

    /// <summary>Over the first so many passages; empty as long as nobody asked for it.</summary>
    public HnswGraph Graph { get; }

    public int ChunkCount => _chunkEntries.Count;

    public int Dead { get; private set; }

    public int EntryCount => _entries.Count;

    /// <summary>About how much memory this takes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes) + (long)Graph.Count * GraphBytes;

    public ReadOnlySpan<FieldEntry> Entries => _entries.Span;

    public ReadOnlySpan<FieldEntry> ChunkEntries => _chunkEntries.Span;

    public ReadOnlySpan<float> Vector(int chunk) => _pages[chunk / PageSize].AsSpan(chunk % PageSize * _dimensions, _dimensions);

    /// <summary>Where a word stands, by its stem.</summary>
    public ReadOnlySpan<Posting> Find(string stem) => _postings.TryGetValue(stem, out var postings) ? postings.Span : [];

    /// <summary>What an item's field held at a revision; null: nothing, or it is not known any more.</summary>
    public FieldEntry? EntryOf(int item, long revision)
    {
        var latest = _latest.Span;
        if (item >= latest.Length) return null;
        for (var entry = latest[item]; entry is not null; entry = entry.Previous)
            if (entry.IsIn(revision)) return entry;
        return null;
    }

    /// <summary>True for who may add to the graph from now on, until <see cref="ReleaseGraph"/>.</summary>
    public bool TryClaimGraph() => Interlocked.Exchange(ref _graphClaimed, 1) == 0;

    public void ReleaseGraph() => Volatile.Write(ref _graphClaimed, 0);

    /// <summary>
    /// Puts new passages in place of an item's old ones; none where there are none. The same passages as before change nothing. What the item held at
    /// revisions that were skipped is not known: it has nothing there, since what it held before may be what nobody may see any more.
    /// </summary>
    /// <param name="item">Its number.</param>
    /// <param name="revision">When it was indexed.</param>
    /// <param name="known">The last revision before, up to which everything is known.</param>
    /// <param name="chunks">Its passages.</param>
    public void Set(int item, long revision, long known, IReadOnlyList<ReadChunk> chunks)
    {
        var previous = item < _latest.Count ? _latest[item] : null;
        var hash = HashOf(chunks);
        if (previous?.IsAlive == true)
        {
            if (chunks.Count > 0 && previous.Hash == hash)
            {
                if (revision > known + 1) previous.Doubt(known + 1, revision);
                return;
            }

            previous.Die(known + 1);
            Dead++;
        }

        if (chunks.Count > 0) Add(item, revision, previous, hash, chunks);
    }

    private void Add(int item, long revision, FieldEntry? previous, UInt128 hash, IReadOnlyList<ReadChunk> chunks)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        var length = 0;
        foreach (var token in chunks.SelectMany(static chunk => Tokeniser.Tokenise(chunk.Text)))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(words, Stemmer.Stem(token.Word), out _)++;
            length++;
        }

        var (entry, number) = (new FieldEntry(item, revision, previous, hash, _chunkEntries.Count, chunks.Count, length), _entries.Count);
        foreach (var chunk in chunks) AddVector(chunk.Vector, entry);
        _entries.Add(entry);
        foreach (var (word, count) in words) _postings.GetOrAdd(word, static _ => new AppendList<Posting>()).Add(new Posting(number, count));
        while (_latest.Count <= item) _latest.Add(null);
        _latest.Set(item, entry);
        Interlocked.Add(ref _bytes, EntryBytes + chunks.Count * (_dimensions * sizeof(float) + 16L) + words.Count * 24L);
    }

    private void AddVector(ReadOnlySpan<float> vector, FieldEntry entry)
    {
        var chunk = _chunkEntries.Count;
        if (chunk / PageSize == _pages.Count) _pages.Add(new float[PageSize * _dimensions]);
        vector.CopyTo(_pages[chunk / PageSize].AsSpan(chunk % PageSize * _dimensions));
        _chunkEntries.Add(entry);
    }

    private static UInt128 HashOf(IReadOnlyList<ReadChunk> chunks)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var chunk in chunks)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(chunk.Text));
            hash.AppendData([0xFF]);
        }

        return MemoryMarshal.Read<UInt128>(hash.GetHashAndReset());
    }
}

/// <param name="Entry">Number of the entry.</param>
/// <param name="Count">How often the word stands in it.</param>
internal readonly record struct Posting(int Entry, int Count);

/// <summary>A passage as it is stored.</summary>
internal sealed record ReadChunk(string Text, float[] Vector);
