using Microsoft.Extensions.Hosting;

namespace OpenTelemetry.Extensions.Hosting.Implementation;

/// <summary>Starts telemetry with the host. Flushing at the end is left to the container, which disposes the providers.</summary>
internal sealed class TelemetryHostedService(ITelemetryHostInitializer initializer) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        initializer.Initialize();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
