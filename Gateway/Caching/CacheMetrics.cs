using System.Diagnostics.Metrics;

namespace AiMesh.Gateway.Caching;

internal static class CacheMetrics
{
    private static readonly Counter<long> Requests = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.cache.requests", description: "Reads that may be answered with a kept answer, by outcome: hit, miss, bypass.");

    private static readonly Counter<long> Waits = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.cache.waits", description: "Reads that waited for another one that fetched the same.");

    private static readonly Counter<long> Evictions = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.cache.evictions", description: "Kept answers that gave way to others.");

    private static readonly Counter<long> Invalidations = GatewayDiagnostics.Mesh.Meter.CreateCounter<long>(
        "aimesh.gateway.cache.invalidations", description: "Datasets whose answers were forgotten, by source: event, write, lost.");

    public static void Observe(AnswerStore store)
    {
        var meter = GatewayDiagnostics.Mesh.Meter;
        meter.CreateObservableGauge("aimesh.gateway.cache.size", () => store.Bytes, "By", "What kept answers take.");
        meter.CreateObservableGauge("aimesh.gateway.cache.answers", () => store.Count, description: "Kept answers.");
        meter.CreateObservableGauge("aimesh.gateway.cache.bypassed", () => store.IsOpen ? 0 : 1, description: "1 while no answers are kept because it is not known what was written.");
    }

    public static void Answered(string outcome) => Requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void Waited() => Waits.Add(1);

    public static void Evicted() => Evictions.Add(1);

    public static void Invalidated(string source) => Invalidations.Add(1, new KeyValuePair<string, object?>("source", source));
}
