using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>HTTP's "deflate", which is the zlib format (RFC 1950), not bare deflate (RFC 1951).</summary>
public sealed class DeflateCompressionProvider : ICompressionProvider
{
    private readonly CompressionLevel _defaultLevel;

    /// <summary>With the level for writers that name none.</summary>
    public DeflateCompressionProvider(CompressionLevel defaultCompressionLevel) => _defaultLevel = defaultCompressionLevel;

    /// <inheritdoc />
    public string EncodingName => "deflate";

    /// <inheritdoc />
    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new ZLibStream(stream, compressionLevel ?? _defaultLevel, leaveOpen: true);

    /// <inheritdoc />
    public Stream CreateDecompressionStream(Stream stream) => new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true);
}
