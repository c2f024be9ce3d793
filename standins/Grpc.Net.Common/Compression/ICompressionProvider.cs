using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A way to compress messages.</summary>
public interface ICompressionProvider
{
    /// <summary>Its name in <c>grpc-encoding</c> and <c>grpc-accept-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>A stream that compresses into another, which stays open.</summary>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream that decompresses from another, which stays open.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
