using System.Buffers;
using System.Text;

namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>
/// Packs lines of JSON into pieces of at most <see cref="PieceLength"/> bytes, so that an export of any size takes the memory of one
/// piece. Sections come one after the other. Not safe for concurrent use.
/// </summary>
/// <param name="send">Takes a piece of a section; the memory is used again afterwards. An empty piece says that the section exists.</param>
public sealed class SectionWriter(Func<string, ReadOnlyMemory<byte>, CancellationToken, Task> send)
{
    /// <summary>The longest piece, in bytes.</summary>
    public const int PieceLength = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _buffer = new(PieceLength);
    private string _section = "";

    /// <summary>Begins a section, so that it is there even when nothing is written to it.</summary>
    public async Task BeginAsync(string section, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        _section = section;
        await send(section, ReadOnlyMemory<byte>.Empty, cancellationToken);
    }

    /// <summary>Adds a line to the section that was begun.</summary>
    /// <param name="json">One JSON value without line breaks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteLineAsync(string json, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(json);
        var bytes = Encoding.UTF8.GetBytes(json + "\n").AsMemory();
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, PieceLength - _buffer.WrittenCount)];
            _buffer.Write(part.Span);
            bytes = bytes[part.Length..];
            if (_buffer.WrittenCount == PieceLength) await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Passes on a piece that another writer made.</summary>
    public async Task ForwardAsync(string section, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        _section = section;
        await send(section, piece, cancellationToken);
    }

    /// <summary>Sends what is left. Call it last.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_buffer.WrittenCount == 0) return;
        await send(_section, _buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
    }
}
