namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>PUBACK (MQTT 3.1.1, 3.4): a packet identifier and nothing else.</summary>
internal static class PubAckPacket
{
    public static bool TryDecode(in MqttFrame frame, out ushort packetId)
    {
        var reader = new MqttBodyReader(frame.Body);
        return reader.TryReadPacketId(out packetId) && reader.AtEnd;
    }
}
