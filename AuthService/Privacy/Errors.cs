using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Privacy;

/// <summary>The archive is not there yet: FAILED_PRECONDITION, reason EXPORT_NOT_DONE.</summary>
internal sealed record ExportNotDone() : MeshError(StatusCode.FailedPrecondition, "EXPORT_NOT_DONE", "The export is still under way; ask for its state.");

/// <summary>Nobody would be left to administer the organisation, and the request does not say that this is meant.</summary>
internal sealed record ErasesLastAdministrator() : MeshError(
    StatusCode.FailedPrecondition, "LAST_ADMINISTRATOR",
    "This is the last administrator of the organisation: give the role to somebody else first, or set even_last_administrator.");
