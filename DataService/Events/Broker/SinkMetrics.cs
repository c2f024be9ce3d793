using System.Diagnostics.Metrics;

namespace AiMesh.DataService.Events.Broker;

internal static class SinkMetrics
{
    public static readonly Counter<long> Published = DataDiagnostics.Mesh.Meter.CreateCounter<long>("aimesh.data.events.published", "{event}", "Events that RabbitMQ confirmed to this replica.");
    public static readonly Counter<long> Missed = DataDiagnostics.Mesh.Meter.CreateCounter<long>("aimesh.data.events.missed", "{event}", "Events that were removed before RabbitMQ could be reached.");

    private static EventSink? _sink;

    static SinkMetrics()
    {
        DataDiagnostics.Mesh.Meter.CreateObservableGauge("aimesh.data.events.waiting", static () => _sink?.Seen is { } state ? state.Last - state.Position : 0, "{event}", "Events that RabbitMQ has not confirmed yet.");
        DataDiagnostics.Mesh.Meter.CreateObservableGauge("aimesh.data.events.lag", static () => _sink?.Lag.TotalSeconds ?? 0, "s", "How long the first of them has been waiting.");
    }

    public static void Observe(EventSink sink) => _sink = sink;
}
