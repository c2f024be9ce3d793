using Grpc.Core;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>What a client of gRPC says of a peer that it did not reach, or that it lost.</summary>
internal static class PeerFailure
{
    /// <summary>
    /// Whether there was no answer because no connection came about, or because it broke. Of a connection that breaks under a call, a client says INTERNAL:
    /// it means its own fault, which for whoever asked is an outage like any other.
    /// </summary>
    public static bool IsOutage(RpcException exception) => exception switch
    {
        { Status.DebugException: null } => false,
        { StatusCode: StatusCode.Unavailable } => true,
        { StatusCode: StatusCode.Internal, Status.DebugException: HttpRequestException or IOException } => true,
        _ => false,
    };
}
