using System.Collections.Concurrent;
using System.Globalization;
using AiMesh.DataService.Search.Index;

namespace AiMesh.DataService.Search.Ranking;

/// <summary>
/// The items that a search may find, decided before anything is ranked, in a snapshot of the index: numbers of items in rising order. Whatever is not in here
/// has no part in any score.
/// </summary>
internal sealed class Candidates
{
    private readonly int[]? _items;
    private readonly HashSet<int> _except;
    private readonly ConcurrentDictionary<string, (int Count, double Average)> _lengths;

    private Candidates(MemoryIndex index, long revision, int[]? items, HashSet<int> except, ConcurrentDictionary<string, (int Count, double Average)>? lengths = null)
    {
        (Index, Revision, _items, _except, Count) = (index, revision, items, except, items?.Length ?? index.Ids.Length);
        _lengths = lengths ?? (items is null && except.Count == 0 ? index.Lengths : new(StringComparer.Ordinal));
    }

    public MemoryIndex Index { get; }

    public long Revision { get; }

    /// <summary>How many places there are; some may be of items without text.</summary>
    public int Count { get; }

    /// <summary>All items of the index but some.</summary>
    public static Candidates AllBut(MemoryIndex index, long revision, IEnumerable<string> except) => new(index, revision, null, [.. Numbers(index, except)]);

    /// <summary>Only these items, but for some. Those that the index does not have are left out: they have no text.</summary>
    public static Candidates Of(MemoryIndex index, long revision, IEnumerable<string> ids, IReadOnlyCollection<string> except)
    {
        var left = except.ToHashSet(StringComparer.Ordinal);
        int[] items = [.. Numbers(index, ids.Where(id => !left.Contains(id)))];
        Array.Sort(items);
        return new Candidates(index, revision, items, []);
    }

    /// <summary>The same items at a later revision.</summary>
    public Candidates At(long revision) => new(Index, revision, _items, _except, revision == Revision ? _lengths : null);

    /// <summary>How many of them have text in these fields, and how many words on average; counted once.</summary>
    public (int Count, double Average) Lengths(IReadOnlyList<FieldIndex> fields)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Revision}:{string.Join(',', fields.Select(static field => field.Name))}");
        if (_lengths.TryGetValue(name, out var known)) return known;
        var (count, sum) = (0, 0L);
        for (var place = 0; place < Count; place++)
        {
            if (ItemAt(place) is not (>= 0 and var item) || LengthOf(item, fields) is not (> 0 and var length)) continue;
            count++;
            sum += length;
        }

        return _lengths[name] = (count, (double)sum / Math.Max(count, 1));
    }

    /// <summary>Words of an item in these fields.</summary>
    public int LengthOf(int item, IReadOnlyList<FieldIndex> fields)
    {
        var length = 0;
        for (var i = 0; i < fields.Count; i++) length += fields[i].EntryOf(item, Revision)?.Length ?? 0;
        return length;
    }

    /// <summary>The item at a place; -1 where it is none.</summary>
    public int ItemAt(int place) => _items is not null ? _items[place] : _except.Count > 0 && _except.Contains(place) ? -1 : place;

    /// <summary>The place of an item; -1 where it may not be found.</summary>
    public int PlaceOf(int item)
    {
        if (_items is null) return item >= Count || _except.Count > 0 && _except.Contains(item) ? -1 : item;
        return Array.BinarySearch(_items, item) is >= 0 and var place ? place : -1;
    }

    private static IEnumerable<int> Numbers(MemoryIndex index, IEnumerable<string> ids)
    {
        foreach (var id in ids)
            if (index.Find(id) is { } number) yield return number;
    }
}
