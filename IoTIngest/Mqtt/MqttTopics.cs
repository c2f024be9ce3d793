namespace AiMesh.IoTIngest.Mqtt;

/// <summary>The part of the topic tree that belongs to one device: the only one it may publish and subscribe in.</summary>
internal sealed class MqttTopics(string device)
{
    private readonly string _root = $"devices/{device}/";

    /// <summary>Where it publishes readings.</summary>
    public string Readings { get; } = $"devices/{device}/readings";

    /// <summary>For names and filters alike: the levels down to the device must be spelled out.</summary>
    public bool Owns(string topic) => topic.StartsWith(_root, StringComparison.Ordinal);
}
