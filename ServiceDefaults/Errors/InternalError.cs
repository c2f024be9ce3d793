using Grpc.Core;

namespace AiMesh.ServiceDefaults.Errors;

/// <summary>A fault of ours. The caller gets the trace id, the log has the rest.</summary>
internal sealed record InternalError(string TraceId)
    : MeshError(StatusCode.Internal, "INTERNAL", $"Internal error. Trace id {TraceId}");

/// <summary>The caller gave up, so nobody will read this.</summary>
internal sealed record CallerGone() : MeshError(StatusCode.Cancelled, "CANCELLED", "The call was cancelled by the caller.");

/// <summary>The time that the caller gave is over.</summary>
internal sealed record OutOfTime() : MeshError(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The call took longer than its deadline allows.");

/// <summary>The database chose this transaction to give way.</summary>
internal sealed record Conflicted() : MeshError(StatusCode.Aborted, "TRANSACTION_CONFLICT", "The call conflicted with another one; try it again.");
