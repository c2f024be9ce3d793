namespace AiMesh.DataService.Search.Index;

/// <summary>What an item's field held from one revision of the index on until another.</summary>
internal sealed class FieldEntry(int item, long born, FieldEntry? previous, UInt128 hash, int firstChunk, int chunkCount, int length)
{
    private long _died = long.MaxValue;

    public int Item => item;

    public FieldEntry? Previous => previous;

    /// <summary>Of the texts.</summary>
    public UInt128 Hash => hash;

    public int FirstChunk => firstChunk;

    public int ChunkCount => chunkCount;

    /// <summary>Words.</summary>
    public int Length => length;

    public bool IsAlive => Volatile.Read(ref _died) == long.MaxValue;

    public bool IsIn(long revision) => born <= revision && revision < Volatile.Read(ref _died);

    public void Die(long revision) => Volatile.Write(ref _died, revision);
}
