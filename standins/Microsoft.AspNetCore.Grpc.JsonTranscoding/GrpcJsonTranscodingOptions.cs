using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Options of JSON transcoding.</summary>
public sealed class GrpcJsonTranscodingOptions
{
    /// <summary>
    /// Types that may stand in a <c>google.protobuf.Any</c>. Register <c>google.rpc</c>'s error details here to have them
    /// in the bodies of errors. Empty by default.
    /// </summary>
    public TypeRegistry TypeRegistry { get; set; } = TypeRegistry.Empty;

    /// <summary>How messages are written.</summary>
    public GrpcJsonSettings JsonSettings { get; set; } = new();
}
