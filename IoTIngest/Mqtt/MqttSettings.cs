using Microsoft.Extensions.Options;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>What every connection is told.</summary>
internal sealed class MqttSettings(IOptions<MqttOptions> options, TimeProvider time, ILogger<MqttConnectionHandler> logger)
{
    public MqttOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;
}
