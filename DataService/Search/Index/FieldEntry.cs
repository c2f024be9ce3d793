namespace AiMesh.DataService.Search.Index;

/// <summary>What an item's field held from one revision of the index on until another.</summary>
internal sealed class FieldEntry(int item, long born, FieldEntry? previous, UInt128 hash, int firstChunk, int chunkCount, int length)
{
    private long _died = long.MaxValue;
    private Gap? _gap;

    public int Item => item;

    public FieldEntry? Previous => previous;

    /// <summary>Of the texts.</summary>
    public UInt128 Hash => hash;

    public int FirstChunk => firstChunk;

    public int ChunkCount => chunkCount;

    /// <summary>Words.</summary>
    public int Length => length;

    public bool IsAlive => Volatile.Read(ref _died) == long.MaxValue;

    public bool IsIn(long revision) => born <= revision && revision < Volatile.Read(ref _died) && !(Volatile.Read(ref _gap) is { } gap && gap.From <= revision && revision < gap.To);

    public void Die(long revision) => Volatile.Write(ref _died, revision);

    /// <summary>It held the same before and afterwards; what it held between is not known. Widens an earlier gap: what is asked for is mostly the latest.</summary>
    public void Doubt(long from, long to) => Volatile.Write(ref _gap, new Gap(Math.Min(from, _gap?.From ?? from), to));

    /// <param name="From">First revision of it.</param>
    /// <param name="To">First revision behind it.</param>
    private sealed record Gap(long From, long To);
}
