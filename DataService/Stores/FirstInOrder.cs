using AiMesh.DataService.Items;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores;

/// <summary>
/// The first items of an order after a position, out of items that come in any order: keeps no more of them than are asked for. Orders as the database does: by code
/// point, items without a value last, ties by id.
/// </summary>
internal sealed class FirstInOrder
{
    private const long MaxBytes = 64 * 1024 * 1024;

    private readonly PageQuery _query;
    private readonly Place? _after;
    private readonly PriorityQueue<StoredItem, Place> _kept;
    private long _bytes;

    public FirstInOrder(PageQuery query)
    {
        _query = query;
        if (query.After.Length > 0) _after = new Place([.. query.Order.Select((term, i) => Value(term, query.After[i]))], query.After[^1]!);

        // The last of those that are kept is the first to go.
        _kept = new PriorityQueue<StoredItem, Place>(Comparer<Place>.Create((left, right) => Compare(right, left)));
    }

    /// <summary>False where what is kept would take too much memory.</summary>
    public bool TryAdd(Document document)
    {
        var place = new Place([.. _query.Order.Select(term => document.Fields.GetValueOrDefault(term.Field.Name))], document.Id);
        if (_after is not null && Compare(place, _after) <= 0) return true;
        if (_kept.Count == _query.Limit && _kept.TryPeek(out _, out var last) && Compare(place, last) >= 0) return true;
        var item = DocumentItems.See(_query.View, document);
        _kept.Enqueue(item, place);
        _bytes += item.Fields.Length;
        if (_kept.Count > _query.Limit) _bytes -= _kept.Dequeue().Fields.Length;
        return _bytes <= MaxBytes;
    }

    public IEnumerable<StoredItem> Take()
    {
        var items = new StoredItem[_kept.Count];
        for (var i = items.Length - 1; i >= 0; i--) items[i] = _kept.Dequeue();
        return items;
    }

    private int Compare(Place left, Place right)
    {
        for (var i = 0; i < _query.Order.Length; i++)
        {
            var order = (left.Values[i], right.Values[i]) switch
            {
                (null, null) => 0,
                (null, _) => 1,
                (_, null) => -1,
                var (l, r) => _query.Order[i].Descending ? Compare(r, l) : Compare(l, r),
            };
            if (order != 0) return order;
        }

        return CodePointOrder.Compare(left.Id, right.Id);
    }

    private static int Compare(object left, object right) => (left, right) switch
    {
        (string l, string r) => CodePointOrder.Compare(l, r),
        (long l, long r) => l.CompareTo(r),
        (double l, double r) => l.CompareTo(r),
        (bool l, bool r) => l.CompareTo(r),
        _ => throw new ArgumentException("Values of different types have no order."),
    };

    private static object? Value(OrderTerm term, string? text)
    {
        if (text is null) return null;
        return PolicyLiteral.TryParse(text, term.Field.Type, out var value) ? value : throw new InvalidOperationException("A page token holds a value of another type.");
    }

    private sealed record Place(object?[] Values, string Id);
}
