using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace AiMesh.IoTIngest.Mqtt.Protocol;

/// <summary>Reads the data types of MQTT 3.1.1, 1.5, off a packet's body. Never throws: a short or wrong body is a false.</summary>
internal ref struct MqttBodyReader(ReadOnlySequence<byte> body)
{
    private SequenceReader<byte> _reader = new(body);

    public readonly bool AtEnd => _reader.End;

    public readonly ReadOnlySequence<byte> Rest => _reader.UnreadSequence;

    public bool TryReadByte(out byte value) => _reader.TryRead(out value);

    public bool TryReadUInt16(out ushort value)
    {
        value = 0;
        if (!_reader.TryReadBigEndian(out short raw))
            return false;

        value = unchecked((ushort)raw);
        return true;
    }

    /// <summary>A packet identifier, which is never zero [MQTT-2.3.1-1].</summary>
    public bool TryReadPacketId(out ushort value) => TryReadUInt16(out value) && value != 0;

    /// <summary>Two bytes of length, then as many bytes.</summary>
    public bool TryReadBinary(out ReadOnlySequence<byte> value)
    {
        value = default;
        if (!TryReadUInt16(out var length) || _reader.Remaining < length)
            return false;

        value = _reader.UnreadSequence.Slice(0, length);
        _reader.Advance(length);
        return true;
    }

    /// <summary>As binary, and well-formed UTF-8 without U+0000 [MQTT-1.5.3-1, MQTT-1.5.3-2].</summary>
    public bool TryReadString([NotNullWhen(true)] out string? value)
    {
        value = null;
        if (!TryReadBinary(out var bytes))
            return false;

        var span = bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray();
        if (!Utf8.IsValid(span) || span.Contains((byte)0))
            return false;

        value = Encoding.UTF8.GetString(span);
        return true;
    }
}
