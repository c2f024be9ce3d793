using System.Buffers.Binary;

namespace AiMesh.IoTIngest.Alerts;

/// <summary>The last alert of a page.</summary>
internal readonly record struct AlertPosition(DateTime StartTime, Guid Id)
{
    private const int Length = 24;

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, StartTime.Ticks);
        Id.TryWriteBytes(bytes.AsSpan(8));
        return bytes;
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out AlertPosition position)
    {
        position = default;
        if (bytes.Length != Length)
            return false;

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTime.UnixEpoch.Ticks || ticks > DateTime.MaxValue.Ticks)
            return false;

        position = new AlertPosition(new DateTime(ticks, DateTimeKind.Utc), new Guid(bytes[8..]));
        return true;
    }
}
