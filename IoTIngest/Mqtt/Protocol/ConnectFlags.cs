namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>The connect flags byte (MQTT 3.1.1, 3.1.2.3).</summary>
internal readonly record struct ConnectFlags(byte Bits)
{
    public bool CleanSession => (Bits & 0x02) != 0;

    public bool HasWill => (Bits & 0x04) != 0;

    public MqttQos WillQos => (MqttQos)((Bits >> 3) & 0x03);

    public bool WillRetain => (Bits & 0x20) != 0;

    public bool HasPassword => (Bits & 0x40) != 0;

    public bool HasUserName => (Bits & 0x80) != 0;

    /// <summary>Reserved bit clear [MQTT-3.1.2-3]; will details only with a will [-11, -13, -15]; a password only with a user name [-22].</summary>
    public bool IsConsistent =>
        (Bits & 0x01) == 0
        && WillQos <= MqttQos.ExactlyOnce
        && (HasWill || (WillQos == MqttQos.AtMostOnce && !WillRetain))
        && (HasUserName || !HasPassword);
}
