namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>Return code of a CONNACK (MQTT 3.1.1, table 3.1).</summary>
internal enum MqttConnectCode : byte
{
    Accepted = 0,
    UnacceptableProtocol = 1,
    IdentifierRejected = 2,
    ServerUnavailable = 3,
    BadUserNameOrPassword = 4,
    NotAuthorized = 5,
}
