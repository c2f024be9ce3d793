namespace Grpc.Core;

/// <summary>State of a channel's connection.</summary>
public enum ConnectivityState
{
    /// <summary>No connection, and none wanted.</summary>
    Idle,

    /// <summary>Connecting.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>Failed; will be tried again.</summary>
    TransientFailure,

    /// <summary>Closed for good.</summary>
    Shutdown,
}
