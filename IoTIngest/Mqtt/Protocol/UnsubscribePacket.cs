using System.Diagnostics.CodeAnalysis;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>UNSUBSCRIBE (MQTT 3.1.1, 3.10).</summary>
internal sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters)
{
    public static bool TryDecode(in MqttFrame frame, [NotNullWhen(true)] out UnsubscribePacket? packet, [NotNullWhen(false)] out string? problem)
    {
        packet = null;
        var reader = new MqttBodyReader(frame.Body);
        if (!reader.TryReadPacketId(out var packetId))
            return Malformed("UNSUBSCRIBE without a packet identifier", out problem);

        var filters = new List<string>();
        while (!reader.AtEnd)
        {
            if (!reader.TryReadString(out var filter) || !MqttTopic.IsFilter(filter))
                return Malformed("UNSUBSCRIBE without a valid topic filter", out problem);

            filters.Add(filter);
        }

        // [MQTT-3.10.3-2]
        if (filters.Count == 0)
            return Malformed("UNSUBSCRIBE from nothing", out problem);

        problem = null;
        packet = new UnsubscribePacket(packetId, filters);
        return true;
    }

    private static bool Malformed(string what, out string problem)
    {
        problem = what;
        return false;
    }
}
