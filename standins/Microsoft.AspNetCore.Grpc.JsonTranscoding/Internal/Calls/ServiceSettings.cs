using Grpc.AspNetCore.Server;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Calls;

/// <summary>The options of one service: its own where it has any, else those of all.</summary>
internal sealed class ServiceSettings(GrpcServiceOptions all, GrpcServiceOptions own)
{
    private const int DefaultMaxReceiveSize = 4 * 1024 * 1024;

    /// <summary>Largest request body in bytes; null for none but the server's.</summary>
    public int? MaxReceiveMessageSize { get; } =
        own.MaxReceiveMessageSizeSpecified ? own.MaxReceiveMessageSize
        : all.MaxReceiveMessageSizeSpecified ? all.MaxReceiveMessageSize
        : DefaultMaxReceiveSize;

    /// <summary>Whether callers see the messages of exceptions.</summary>
    public bool EnableDetailedErrors { get; } = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false;

    public InterceptorChain Interceptors { get; } = new([.. all.Interceptors, .. own.Interceptors]);
}
