using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.AuthService.Users;

/// <summary>An organisation always keeps somebody who can administer it.</summary>
internal sealed record LastAdministrator() : MeshError(
    StatusCode.FailedPrecondition, "LAST_ADMINISTRATOR", "This is the last administrator of the organisation: give the role to somebody else first.");

/// <summary>The caller would give an attribute that they do not have, take one away, or change one of their own.</summary>
internal sealed record AttributeNotHeld(string Attribute) : MeshError(
    StatusCode.PermissionDenied, "ATTRIBUTE_NOT_HELD",
    $"You may not change the attribute '{Attribute}' so: without every permission, one gives to others what one has oneself, and takes nothing away.");
