using System.Collections;
using System.Diagnostics;
using System.Text;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call: an ordered list of entries in which a key may stand more than once.</summary>
[DebuggerDisplay("Count = {Count}")]
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>Keys that end so carry bytes, all others carry ASCII text.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>A read-only list without entries.</summary>
    public static readonly Metadata Empty = new() { IsReadOnly = true };

    private readonly List<Entry> _entries = [];

    /// <summary>A new empty list.</summary>
    public Metadata()
    {
    }

    /// <inheritdoc />
    public int Count => _entries.Count;

    /// <inheritdoc />
    public bool IsReadOnly { get; private init; }

    /// <inheritdoc />
    public Entry this[int index]
    {
        get => _entries[index];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Writable()[index] = value;
        }
    }

    /// <summary>The last entry of that key (any case), or null.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.HasKey(key));

    /// <summary>The text of the last entry of that key, or null.</summary>
    /// <exception cref="InvalidOperationException">The entry is binary.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry of that key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>All entries of that key, in order.</summary>
    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.HasKey(key));

    /// <summary>Appends a text entry.</summary>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Appends a binary entry; the key must end with <see cref="BinaryHeaderSuffix"/>.</summary>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <inheritdoc />
    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Add(item);
    }

    /// <inheritdoc />
    public int IndexOf(Entry item) => _entries.IndexOf(item);

    /// <inheritdoc />
    public void Insert(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Insert(index, item);
    }

    /// <inheritdoc />
    public void RemoveAt(int index) => Writable().RemoveAt(index);

    /// <inheritdoc />
    public bool Remove(Entry item) => Writable().Remove(item);

    /// <inheritdoc />
    public void Clear() => Writable().Clear();

    /// <inheritdoc />
    public bool Contains(Entry item) => _entries.Contains(item);

    /// <inheritdoc />
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<Entry> Writable() => IsReadOnly ? throw new InvalidOperationException("Object is read only") : _entries;

    /// <summary>One key with its text or bytes. Immutable.</summary>
    public class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A binary entry.</summary>
        /// <exception cref="ArgumentException">The key has other characters than [a-z0-9._-] or does not end with <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinaryKey(Key))
                throw new ArgumentException($"Key for binary valued metadata entry needs to have '{BinaryHeaderSuffix}' suffix indicating binary value.");
            _bytes = valueBytes.AsSpan().ToArray();
        }

        /// <summary>A text entry; only ASCII survives the wire.</summary>
        /// <exception cref="ArgumentException">The key has other characters than [a-z0-9._-] or ends with <c>-bin</c>.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinaryKey(Key))
                throw new ArgumentException("Key for ASCII valued metadata entry cannot have suffix indicating binary value.");
            _text = value;
        }

        /// <summary>The key in lower case.</summary>
        public string Key { get; }

        /// <summary>A copy of the bytes; of a text entry its ASCII bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : _bytes.AsSpan().ToArray();

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => _text ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>Whether the entry carries bytes.</summary>
        public bool IsBinary => _text is null;

        /// <inheritdoc />
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes={_bytes}]" : $"[Entry: key={Key}, value={_text}]";

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static bool IsBinaryKey(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lower = true;
            foreach (var c in key)
            {
                if (char.IsAsciiLetterUpper(c))
                    lower = false;
                else if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '_' or '-'))
                    throw new ArgumentException("Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.");
            }

            return lower ? key : key.ToLowerInvariant();
        }
    }
}
