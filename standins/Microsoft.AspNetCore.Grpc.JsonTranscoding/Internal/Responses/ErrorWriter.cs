using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;
using RpcStatus = Google.Rpc.Status;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Responses;

/// <summary>Writes a <c>google.rpc.Status</c>: <c>{"code":3,"message":"…","details":[…]}</c>.</summary>
internal sealed class ErrorWriter
{
    private readonly TypeRegistry _types;
    private readonly JsonMessageWriter _json;

    public ErrorWriter(GrpcJsonSettings settings, TypeRegistry types)
    {
        _types = types;
        _json = new JsonMessageWriter(settings, Find);
    }

    public void Write(Utf8JsonWriter writer, RpcStatus status)
    {
        // A detail of an unknown type is dropped: it must not spoil the error that it came with.
        var readable = new RpcStatus { Code = status.Code, Message = status.Message };
        readable.Details.AddRange(status.Details.Where(IsReadable));
        _json.Write(writer, readable);
    }

    // Which details a service uses is for it to register; a request that cannot be read is told with this one.
    private MessageDescriptor? Find(string name) => _types.Find(name) ?? (name == BadRequest.Descriptor.FullName ? BadRequest.Descriptor : null);

    private bool IsReadable(Any detail)
    {
        try
        {
            return Find(Any.GetTypeName(detail.TypeUrl))?.Parser.ParseFrom(detail.Value) is not null;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
