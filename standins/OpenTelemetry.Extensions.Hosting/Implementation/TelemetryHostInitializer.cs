using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace OpenTelemetry.Extensions.Hosting.Implementation;

/// <summary>Asks for each provider once: building them is what subscribes to sources and meters and starts the exporters.</summary>
internal sealed class TelemetryHostInitializer(IServiceProvider services) : ITelemetryHostInitializer
{
    public void Initialize()
    {
        _ = services.GetService<MeterProvider>();
        _ = services.GetService<TracerProvider>();
        _ = services.GetService<LoggerProvider>();
    }
}
