using System.Diagnostics.Metrics;
using AiMesh.ServiceDefaults.Telemetry;

namespace AiMesh.IoTIngest.Ingest;

internal static class IngestMetrics
{
    public static readonly MeshDiagnostics Diagnostics = new("IoTIngest");

    public static readonly Counter<long> Stored = Diagnostics.Meter.CreateCounter<long>("aimesh.iot.readings.stored", "{reading}");
    public static readonly Counter<long> Rejected = Diagnostics.Meter.CreateCounter<long>("aimesh.iot.readings.rejected", "{reading}");
    public static readonly Counter<long> Anomalous = Diagnostics.Meter.CreateCounter<long>("aimesh.iot.readings.anomalous", "{reading}");
    public static readonly Histogram<int> BatchSize = Diagnostics.Meter.CreateHistogram<int>("aimesh.iot.batch.readings", "{reading}");
    public static readonly Histogram<double> BatchDuration = Diagnostics.Meter.CreateHistogram<double>("aimesh.iot.batch.duration", "s");

    private static Func<long> _queued = static () => 0;

    static IngestMetrics() => Diagnostics.Meter.CreateObservableGauge("aimesh.iot.readings.queued", static () => _queued(), "{reading}");

    public static void ObserveQueue(Func<long> queued) => _queued = queued;
}
