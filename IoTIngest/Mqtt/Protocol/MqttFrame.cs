using System.Buffers;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>One packet as it came: what kind, the four flag bits, and the bytes behind the fixed header.</summary>
internal readonly record struct MqttFrame(MqttPacketType Type, byte Flags, ReadOnlySequence<byte> Body);
