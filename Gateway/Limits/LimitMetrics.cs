using System.Diagnostics.Metrics;

namespace AiMesh.Gateway.Limits;

internal static class LimitMetrics
{
    private static readonly Counter<long> Decisions = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.limit.decisions", description: "Requests that were counted, by outcome, deciding policy and where the counters stood.");

    private static readonly Counter<long> Outages = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.limit.outages", description: "How often the shared counters were given up for lost.");

    private static int _local;

    static LimitMetrics() => GatewayDiagnostics.Mesh.Meter.CreateObservableGauge(
        "aimesh.gateway.limit.local", static () => Volatile.Read(ref _local), description: "1 while this replica counts by itself because Redis is away.");

    public static void Decided(string policy, bool isAllowed, bool isShared) => Decisions.Add(
        1, new("outcome", isAllowed ? "allowed" : "refused"), new("policy", policy), new("counters", isShared ? "shared" : "local"));

    public static void Lost()
    {
        Outages.Add(1);
        Volatile.Write(ref _local, 1);
    }

    public static void Found() => Volatile.Write(ref _local, 0);
}
