using AiMesh.IoTIngest.Mqtt.Protocol;

namespace AiMesh.IoTIngest.Mqtt;

/// <summary>A message on its way to subscribers.</summary>
internal sealed record MqttMessage(string Topic, byte[] Payload, MqttQos Qos, bool Retain);
