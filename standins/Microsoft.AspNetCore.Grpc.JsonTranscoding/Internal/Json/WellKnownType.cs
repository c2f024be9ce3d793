using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Types with a JSON form of their own.</summary>
internal enum WellKnownType
{
    None,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    Wrapper,
}

internal static class WellKnownTypes
{
    public const string NullValueName = "google.protobuf.NullValue";

    private const string WrappersFile = "google/protobuf/wrappers.proto";

    public static WellKnownType Of(MessageDescriptor descriptor) => descriptor.FullName switch
    {
        "google.protobuf.Any" => WellKnownType.Any,
        "google.protobuf.Timestamp" => WellKnownType.Timestamp,
        "google.protobuf.Duration" => WellKnownType.Duration,
        "google.protobuf.FieldMask" => WellKnownType.FieldMask,
        "google.protobuf.Struct" => WellKnownType.Struct,
        "google.protobuf.Value" => WellKnownType.Value,
        "google.protobuf.ListValue" => WellKnownType.ListValue,
        _ => descriptor.File.Name == WrappersFile ? WellKnownType.Wrapper : WellKnownType.None,
    };
}
