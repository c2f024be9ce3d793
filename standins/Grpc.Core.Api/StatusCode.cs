namespace Grpc.Core;

/// <summary>Result of a call. The numbers are those of the wire (<c>grpc-status</c>).</summary>
public enum StatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>Cancelled, mostly by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error without further knowledge, such as an exception in the handler.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call finished.</summary>
    DeadlineExceeded = 4,

    /// <summary>Something that was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>Something that was to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, limit or space is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the operation needs.</summary>
    FailedPrecondition = 9,

    /// <summary>Aborted for a concurrency reason; may be tried again at a higher level.</summary>
    Aborted = 10,

    /// <summary>Past the valid range, which may change with the state of the system.</summary>
    OutOfRange = 11,

    /// <summary>The method does not exist here.</summary>
    Unimplemented = 12,

    /// <summary>An invariant is broken.</summary>
    Internal = 13,

    /// <summary>Not available now; may be tried again.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt for good.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
