using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.ServiceDefaults.Permissions;

/// <summary>A device called what is not meant for devices.</summary>
public sealed record DeviceNotAllowed() : MeshError(StatusCode.PermissionDenied, "DEVICE_NOT_ALLOWED", "Devices may not call this.");

/// <summary>The contract has the RPC, this version of the service does not serve it yet.</summary>
public sealed record Planned(string Method)
    : MeshError(StatusCode.Unimplemented, "PLANNED", $"{Method} is in the contract but not served yet.");
