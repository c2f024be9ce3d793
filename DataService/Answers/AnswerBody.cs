using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AiMesh.DataService.Answers;

/// <summary>The body of an answer that is written straight as JSON, in memory that goes back to the pool.</summary>
internal sealed class AnswerBody : IBufferWriter<byte>, IDisposable
{
    private const int StartSize = 32 * 1024;

    // Both as messages are transcoded, so that nobody can tell which way an answer came.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(StartSize);
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public static AnswerBody Of<T>(T content, Action<Utf8JsonWriter, T> write)
    {
        var body = new AnswerBody();
        using var writer = new Utf8JsonWriter(body, Options);
        write(writer, content);
        return body;
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private void Reserve(int sizeHint)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _bytes.Length));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
