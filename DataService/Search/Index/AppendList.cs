namespace AiMesh.DataService.Search.Index;

/// <summary>A list that one writer at a time adds to while others read without a lock: they see every element that was added before they looked.</summary>
internal sealed class AppendList<T>
{
    private T[] _elements = new T[4];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Elements as of now.</summary>
    public ReadOnlySpan<T> Span
    {
        get
        {
            // The count before the array: an array that was exchanged since holds at least as many.
            var count = Volatile.Read(ref _count);
            return new ReadOnlySpan<T>(Volatile.Read(ref _elements), 0, count);
        }
    }

    public T this[int index] => Volatile.Read(ref _elements)[index];

    public void Add(T element)
    {
        if (_count == _elements.Length)
        {
            var larger = new T[_count * 2];
            _elements.CopyTo(larger, 0);
            Volatile.Write(ref _elements, larger);
        }

        _elements[_count] = element;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Exchanges an element, for references and numbers that are written at once. Who reads meanwhile sees the old or the new one.</summary>
    public void Set(int index, T element) => _elements[index] = element;
}
