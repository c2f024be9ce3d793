using Microsoft.Extensions.Options;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>What every connection is told.</summary>
internal sealed class MqttSettings(IOptions<MqttOptions> options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<MqttConnectionHandler> logger)
{
    public MqttOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    /// <summary>The process is going down: connections are closed, so that devices turn to another replica.</summary>
    public CancellationToken Stopping { get; } = lifetime.ApplicationStopping;

    public ILogger Logger { get; } = logger;
}
