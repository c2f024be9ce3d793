namespace AiMesh.IoTIngest.Mqtt.Protocol;

internal enum MqttQos : byte
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
}
