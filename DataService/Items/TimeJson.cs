using System.Buffers.Text;
using System.Text.Json;

namespace AiMesh.DataService.Items;

/// <summary>Times as protobuf's JSON mapping writes a Timestamp.</summary>
internal static class TimeJson
{
    private const int FractionStart = 19; // After yyyy-MM-ddTHH:mm:ss, where the point is.

    public static void Write(Utf8JsonWriter writer, JsonEncodedText name, DateTime time)
    {
        if (time.Kind != DateTimeKind.Utc) throw new ArgumentException("Expected a time in UTC.", nameof(time));
        Span<byte> text = stackalloc byte[32];
        Utf8Formatter.TryFormat(time, text, out _, new System.Buffers.StandardFormat('O'));

        // Seven digits are there; none, three, six or nine are written: no more than the value needs.
        var length = FractionStart + (time.Ticks % TimeSpan.TicksPerSecond, time.Ticks % TimeSpan.TicksPerMillisecond, time.Ticks % TimeSpan.TicksPerMicrosecond) switch
        {
            (0, _, _) => 0,
            (_, 0, _) => 1 + 3,
            (_, _, 0) => 1 + 6,
            _ => 1 + 9,
        };
        if (length == FractionStart + 10) text[(FractionStart + 8)..length].Fill((byte)'0');
        text[length] = (byte)'Z';
        writer.WriteString(name, text[..(length + 1)]);
    }
}
