using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Roles;

/// <summary>A built-in role stays; "admin" also stays as it is.</summary>
internal sealed record RoleIsBuiltIn(string Role)
    : MeshError(StatusCode.FailedPrecondition, "ROLE_BUILT_IN", $"The role '{Role}' is built in and can't be changed in this way.");

/// <summary>Users or clients hold the role.</summary>
internal sealed record RoleInUse(string Role)
    : MeshError(StatusCode.FailedPrecondition, "ROLE_IN_USE", $"Users or clients still hold the role '{Role}': take it from them first.");

/// <summary>The organisation has as many roles as it may have.</summary>
internal sealed record TooManyRoles() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_ROLES", $"An organisation has at most {RoleRules.MaxRolesOfAnOrganisation} roles.");
