using Grpc.Core;
using Npgsql;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>What exceptions mean to a caller. Those that are not here are faults.</summary>
internal static class ErrorTranslation
{
    public static RpcException? TryTranslate(Exception exception, ServerCallContext context) => exception switch
    {
        RpcException rpc => Clean(rpc, context),
        MeshException mesh => mesh.Error.ToRpcException(),
        _ when HasEnded(context) => Ended(context),
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => new Conflicted().ToRpcException(),
        NpgsqlException { IsTransient: true } => new Unavailable("the database").ToRpcException(),
        _ => null,
    };

    private static bool HasEnded(ServerCallContext context) => context.CancellationToken.IsCancellationRequested;

    private static RpcException Ended(ServerCallContext context) =>
        (context.Deadline <= DateTime.UtcNow ? (MeshError)new OutOfTime() : new CallerGone()).ToRpcException();

    /// <summary>
    /// An RpcException made here, or told by a peer of the mesh, goes through with its details. One that a client made, because it
    /// reached nobody, names addresses and inner exceptions: only its code goes through.
    /// </summary>
    private static RpcException? Clean(RpcException exception, ServerCallContext context)
    {
        if (exception.Status.DebugException is null)
        {
            var details = exception.Trailers.GetValueBytes(StatusDetails.Trailer);
            if (exception.Trailers.Count == (details is null ? 0 : 1)) return exception;

            var trailers = new Metadata();
            if (details is not null) trailers.Add(StatusDetails.Trailer, details);
            return new RpcException(exception.Status, trailers);
        }

        if (HasEnded(context)) return Ended(context);
        if (PeerFailure.IsOutage(exception)) return new Unavailable("a service that this call depends on").ToRpcException();
        return exception.StatusCode == StatusCode.DeadlineExceeded ? new OutOfTime().ToRpcException() : null;
    }
}
