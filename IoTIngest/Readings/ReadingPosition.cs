using System.Buffers.Binary;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Readings;

/// <summary>The last reading of a page; the next page begins behind it.</summary>
internal readonly record struct ReadingPosition(DateTime Time, int Series, NpgsqlTid Place)
{
    private const int Length = 18;

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Time.Ticks);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), Series);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), Place.BlockNumber);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(16), Place.OffsetNumber);
        return bytes;
    }

    public static bool TryParse(ReadOnlySpan<byte> bytes, out ReadingPosition position)
    {
        position = default;
        if (bytes.Length != Length)
            return false;

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTime.UnixEpoch.Ticks || ticks > DateTime.MaxValue.Ticks)
            return false;

        position = new ReadingPosition(
            new DateTime(ticks, DateTimeKind.Utc),
            BinaryPrimitives.ReadInt32BigEndian(bytes[8..]),
            new NpgsqlTid(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[16..])));
        return true;
    }
}
