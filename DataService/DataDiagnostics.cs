using AiMesh.ServiceDefaults.Telemetry;

namespace AiMesh.DataService;

internal static class DataDiagnostics
{
    public static readonly MeshDiagnostics Mesh = new("DataService");
}
