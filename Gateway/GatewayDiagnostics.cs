using AiMesh.ServiceDefaults.Telemetry;

namespace AiMesh.Gateway;

internal static class GatewayDiagnostics
{
    internal static readonly MeshDiagnostics Mesh = new("Gateway");
}
