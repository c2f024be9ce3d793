using Grpc.Core;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>What a client of gRPC says of a peer that it did not reach, or that it lost.</summary>
internal static class PeerFailure
{
    /// <summary>
    /// Whether there was no answer because no connection came about, or because it broke. Of a connection that breaks under a call, a client says INTERNAL:
    /// that means a fault of its own, which for whoever asked is an outage like any other.
    /// </summary>
    public static bool IsOutage(RpcException exception) => exception switch
    {
        { Status.DebugException: null } => false,
        { StatusCode: StatusCode.Unavailable } => true,
        { StatusCode: StatusCode.Internal, Status.DebugException: HttpRequestException or IOException } => true,

        // A connection took too long to be made; where the caller has gone there is no such time-out within.
        { StatusCode: StatusCode.Cancelled, Status.DebugException: OperationCanceledException cancelled } => IsTimeout(cancelled),
        _ => false,
    };

    private static bool IsTimeout(Exception exception) =>
        exception.InnerException is { } inner && (inner is TimeoutException || IsTimeout(inner));
}
