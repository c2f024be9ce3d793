namespace AiMesh.ServiceDefaults.Telemetry;

/// <summary>What orchestrators and scrapers ask every few seconds.</summary>
internal static class ProbePaths
{
    public const string Health = "/health";
    public const string Alive = "/alive";
    public const string Metrics = "/metrics";

    public static bool Contains(string path) => path is Health or Alive or Metrics or "/grpc.health.v1.Health/Check" or "/grpc.health.v1.Health/Watch";
}
