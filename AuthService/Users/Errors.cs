using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Users;

/// <summary>An organisation always keeps somebody who can administer it.</summary>
internal sealed record LastAdministrator() : MeshError(
    StatusCode.FailedPrecondition, "LAST_ADMINISTRATOR", "This is the last administrator of the organisation: give the role to somebody else first.");
