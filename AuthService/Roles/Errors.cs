using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Roles;

/// <summary>A built-in role stays; "admin" also stays as it is.</summary>
internal sealed record RoleIsBuiltIn(string Role)
    : MeshError(StatusCode.FailedPrecondition, "ROLE_BUILT_IN", $"The role '{Role}' is built in and can't be changed in this way.");

/// <summary>A role that included itself would be a riddle.</summary>
internal sealed record RoleIncludesItself(string Role)
    : MeshError(StatusCode.FailedPrecondition, "ROLE_CYCLE", $"The role '{Role}' would include itself, directly or through others.");

/// <summary>Users or clients hold the role, or roles include it.</summary>
internal sealed record RoleInUse(string Role)
    : MeshError(StatusCode.FailedPrecondition, "ROLE_IN_USE", $"Users, clients or other roles still have the role '{Role}': take it from them first.");

/// <summary>The organisation has as many roles as it may have.</summary>
internal sealed record TooManyRoles() : MeshError(
    StatusCode.FailedPrecondition, "TOO_MANY_ROLES", $"An organisation has at most {RoleRules.MaxRolesOfAnOrganisation} roles.");
