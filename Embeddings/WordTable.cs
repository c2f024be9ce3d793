using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Text;

namespace AiMesh.Embeddings;

/// <summary>Vectors of frequent words, in 8-bit numbers. Loaded once, never changed. The format stands in eng/make-words.mjs.</summary>
public sealed class WordTable
{
    private const int HeaderLength = 16;
    private readonly byte[] _file;
    private readonly int _rows;
    private readonly Dictionary<string, int> _words;

    private WordTable(byte[] file, int count, int dimensions)
    {
        (_file, Count, Dimensions) = (file, count, dimensions);
        _rows = HeaderLength + count * sizeof(float);
        _words = new Dictionary<string, int>(count, StringComparer.Ordinal);
        var at = _rows + count * dimensions;
        for (var row = 0; row < count; row++)
        {
            _words.Add(Encoding.UTF8.GetString(file, at + 1, file[at]), row);
            at += 1 + file[at];
        }

        if (at != file.Length) throw new InvalidDataException("The word table is longer than its words.");
    }

    /// <summary>Words, in order of how often they are used.</summary>
    public int Count { get; }

    /// <summary>Length of a vector.</summary>
    public int Dimensions { get; }

    /// <summary>The table that stands beside the program.</summary>
    /// <exception cref="IOException">It is missing.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static WordTable Load() => Load(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Words", "english.bin")));

    /// <exception cref="InvalidDataException">These are not the bytes of a table.</exception>
    public static WordTable Load(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Length < HeaderLength || !file.AsSpan(0, 4).SequenceEqual("AMWT"u8) || BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4)) != 1)
            throw new InvalidDataException("This is no word table of version 1.");
        var (count, dimensions) = (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(12)));
        if (dimensions is 0 or > 4096 || count > 10_000_000 || HeaderLength + count * (sizeof(float) + (long)dimensions + 1) > file.Length)
            throw new InvalidDataException("The word table is cut off.");
        try
        {
            return new WordTable(file, (int)count, (int)dimensions);
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("The words of the table cannot be read.", e);
        }
    }

    /// <summary>Place of a word in the order of use, from 0, or -1.</summary>
    public int Find(ReadOnlySpan<char> word) => _words.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var row) ? row : -1;

    /// <summary>Adds the vector of a word, times a weight.</summary>
    /// <param name="row">From <see cref="Find"/>.</param>
    /// <param name="weight">May be negative.</param>
    /// <param name="sum"><see cref="Dimensions"/> numbers.</param>
    public void Add(int row, float weight, Span<float> sum)
    {
        var factor = weight * BinaryPrimitives.ReadSingleLittleEndian(_file.AsSpan(HeaderLength + row * sizeof(float)));
        var numbers = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, sbyte>(_file.AsSpan(_rows + row * Dimensions, Dimensions));
        Span<float> values = stackalloc float[Dimensions];
        TensorPrimitives.ConvertTruncating(numbers, values);
        TensorPrimitives.MultiplyAdd(values, factor, sum, sum);
    }
}
