using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>More readings are waiting than the database takes, and the caller has waited long enough.</summary>
internal sealed record IngestOverloaded : MeshError
{
    public IngestOverloaded()
        : base(StatusCode.ResourceExhausted, "INGEST_OVERLOADED", "More readings arrive than can be stored now; send them again later.") =>
        RetryAfter = TimeSpan.FromSeconds(2);
}

/// <summary>A device names another one in its request.</summary>
internal sealed record DeviceMismatch()
    : MeshError(StatusCode.PermissionDenied, "DEVICE_MISMATCH", "A device sends readings of its own only.");
