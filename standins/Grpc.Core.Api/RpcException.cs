namespace Grpc.Core;

/// <summary>Thrown by a client when a call ends with a status other than OK, and by a handler to end one so.</summary>
public class RpcException : Exception
{
    /// <summary>With the status as message.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>With a message of its own, which stays in this process.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>With trailers, such as <c>grpc-status-details-bin</c>.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>With trailers and a message of its own.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>The status the call ended with.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Trailers of the call; empty if there were none.</summary>
    public Metadata Trailers { get; }
}
