using System.Text.RegularExpressions;

namespace AiMesh.DataService.Items;

/// <summary>Ids of items: a caller's own, or UUIDs of version 7 that rise in the order in which they are asked for.</summary>
internal sealed partial class ItemIds(TimeProvider clock, ItemIds.Source source)
{
    public const string Expected = "expected 1 to 128 characters of A-Z, a-z, 0-9, '-', '_' and '.'";

    private readonly Lock _lock = new();
    private long _last;

    public static bool IsValid(string id) => Id().IsMatch(id);

    /// <summary>A new id. Many of one millisecond rise too (RFC 9562, 6.2): without an order an import lists as it was sent.</summary>
    public string Next()
    {
        lock (_lock)
        {
            // 48 bits of milliseconds and 12 of a counter, which carries over into the next millisecond.
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds() << 12;
            _last = Math.Max(now, _last + 1);
            var random = source.Next();
            Span<byte> bytes = stackalloc byte[16];
            random.TryWriteBytes(bytes, bigEndian: true, out _);
            var (milliseconds, counter) = (_last >> 12, _last & 0xFFF);
            for (var i = 0; i < 6; i++) bytes[i] = (byte)(milliseconds >> (40 - 8 * i));
            bytes[6] = (byte)(0x70 | (counter >> 8));
            bytes[7] = (byte)counter;
            return new Guid(bytes, bigEndian: true).ToString("N");
        }
    }

    /// <summary>Where the random bits come from.</summary>
    internal sealed record Source(Func<Guid> Next);

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,128}\z")]
    private static partial Regex Id();
}
