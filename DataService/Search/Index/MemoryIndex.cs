using System.Collections.Concurrent;

namespace AiMesh.DataService.Search.Index;

/// <summary>
/// A dataset's index in memory: a copy of what is stored, as far as a revision. It holds every row and field, whoever may see them; what a search may look at
/// is decided before it is asked.
/// </summary>
internal sealed class MemoryIndex(int dimensions)
{
    private const int ItemBytes = 200;

    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly AppendList<string> _ids = new();
    private readonly ConcurrentDictionary<string, FieldIndex> _fields = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Count, double Average)> _lengths = new(StringComparer.Ordinal);
    private long _revision = -1;
    private long _wholeFrom;

    /// <summary>Of its vectors; 0: it has none.</summary>
    public int Dimensions => dimensions;

    /// <summary>Everything up to here is in it; -1 before the first time.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Whether it is known of every item what it held at a revision. Items of which it is not have nothing there.</summary>
    public bool IsWhole(long revision) => revision >= Volatile.Read(ref _wholeFrom);

    /// <summary>Ids of the items by their numbers; also of those that are gone.</summary>
    public ReadOnlySpan<string> Ids => _ids.Span;

    public long Bytes => _ids.Count * (long)ItemBytes + _fields.Values.Sum(static one => one.Bytes);

    /// <summary>So much of it is out of date that it should be read anew.</summary>
    public bool IsWorn => _fields.Values.Any(static one => one.Dead > 1000 && one.Dead * 2 > one.EntryCount);

    /// <summary>How many texts there are and how long, for as long as nothing changes.</summary>
    public ConcurrentDictionary<string, (int Count, double Average)> Lengths => _lengths;

    public int? Find(string id) => _numbers.TryGetValue(id, out var number) ? number : null;

    public FieldIndex? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Takes over what was indexed since. One caller at a time.</summary>
    public void Apply(IEnumerable<ReadItem> changed, long revision)
    {
        var known = Revision;
        foreach (var item in changed)
        {
            if (item.Revision > known + 1 && item.Revision > _wholeFrom) Volatile.Write(ref _wholeFrom, item.Revision);
            if (!_numbers.TryGetValue(item.Id, out var number))
            {
                if (item.Fields.Count == 0) continue;
                number = _ids.Count;
                _ids.Add(item.Id);
                _numbers[item.Id] = number;
            }

            foreach (var name in item.Fields.Keys) _fields.GetOrAdd(name, _ => new FieldIndex(name, dimensions));
            foreach (var (name, field) in _fields) field.Set(number, item.Revision, known, item.Fields.GetValueOrDefault(name) ?? []);
        }

        Volatile.Write(ref _revision, revision);
        _lengths.Clear();
    }
}

/// <summary>An item as it is indexed.</summary>
/// <param name="Id">Which.</param>
/// <param name="Revision">When it was indexed.</param>
/// <param name="Fields">Passages by field; empty where it is gone or has no text.</param>
internal sealed record ReadItem(string Id, long Revision, Dictionary<string, List<ReadChunk>> Fields);
