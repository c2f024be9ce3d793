using Google.Api;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Metadata of an endpoint that serves a gRPC method as JSON.</summary>
public sealed class GrpcJsonTranscodingMetadata
{
    /// <summary>Metadata of this method and rule.</summary>
    public GrpcJsonTranscodingMetadata(MethodDescriptor methodDescriptor, HttpRule httpRule)
    {
        ArgumentNullException.ThrowIfNull(methodDescriptor);
        ArgumentNullException.ThrowIfNull(httpRule);
        MethodDescriptor = methodDescriptor;
        HttpRule = httpRule;
    }

    /// <summary>The method.</summary>
    public MethodDescriptor MethodDescriptor { get; }

    /// <summary>The rule behind the endpoint; of an additional binding that binding itself.</summary>
    public HttpRule HttpRule { get; }
}
