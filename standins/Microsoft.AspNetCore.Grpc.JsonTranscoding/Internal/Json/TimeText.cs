using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Timestamps (RFC 3339) and durations (<c>1.5s</c>) as the protobuf JSON mapping writes them.</summary>
internal static class TimeText
{
    private const long MinTimestamp = -62135596800;
    private const long MaxTimestamp = 253402300799;
    private const long MaxDuration = 315576000000;
    private const int NanosPerSecond = 1_000_000_000;

    /// <exception cref="InvalidOperationException">The value is out of range.</exception>
    public static string Format(Timestamp value)
    {
        if (value.Seconds is < MinTimestamp or > MaxTimestamp || value.Nanos is < 0 or >= NanosPerSecond)
            throw new InvalidOperationException("A timestamp is out of range (years 1 to 9999).");
        var seconds = DateTime.UnixEpoch.AddSeconds(value.Seconds);
        return seconds.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + Fraction(value.Nanos) + "Z";
    }

    /// <exception cref="InvalidOperationException">The value is out of range.</exception>
    public static string Format(Duration value)
    {
        if (value.Seconds is < -MaxDuration or > MaxDuration || value.Nanos is <= -NanosPerSecond or >= NanosPerSecond
            || Math.Sign(value.Seconds) * Math.Sign(value.Nanos) < 0)
        {
            throw new InvalidOperationException("A duration is out of range (10,000 years).");
        }

        var sign = value.Seconds < 0 || value.Nanos < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(value.Seconds)}{Fraction(Math.Abs(value.Nanos))}s");
    }

    public static bool TryParseTimestamp(string text, out Timestamp value)
    {
        value = new Timestamp();
        const int DateLength = 19;
        if (text.Length <= DateLength || text[10] != 'T'
            || !DateTime.TryParseExact(text.AsSpan(0, DateLength), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date))
        {
            return false;
        }

        if (!TryTakeFraction(text.AsSpan(DateLength), out var nanos, out var zone) || !TryParseZone(zone, out var offset))
            return false;
        var seconds = (date.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond - offset;
        if (seconds is < MinTimestamp or > MaxTimestamp)
            return false;
        value.Seconds = seconds;
        value.Nanos = nanos;
        return true;
    }

    public static bool TryParseDuration(string text, out Duration value)
    {
        value = new Duration();
        if (!text.EndsWith('s'))
            return false;
        var body = text.AsSpan(0, text.Length - 1);
        var negative = body.StartsWith("-");
        if (negative)
            body = body[1..];
        var digits = body.IndexOf('.');
        if (!TryTakeFraction(digits < 0 ? [] : body[digits..], out var nanos, out var rest) || rest.Length > 0
            || !long.TryParse(digits < 0 ? body : body[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > MaxDuration || (seconds == MaxDuration && nanos > 0))
        {
            return false;
        }

        value.Seconds = negative ? -seconds : seconds;
        value.Nanos = negative ? -nanos : nanos;
        return true;
    }

    // None, three, six or nine digits: no more than the value needs.
    private static string Fraction(int nanos) => nanos switch
    {
        0 => "",
        _ when nanos % 1_000_000 == 0 => "." + (nanos / 1_000_000).ToString("D3", CultureInfo.InvariantCulture),
        _ when nanos % 1_000 == 0 => "." + (nanos / 1_000).ToString("D6", CultureInfo.InvariantCulture),
        _ => "." + nanos.ToString("D9", CultureInfo.InvariantCulture),
    };

    private static bool TryTakeFraction(ReadOnlySpan<char> text, out int nanos, out ReadOnlySpan<char> rest)
    {
        nanos = 0;
        rest = text;
        if (!text.StartsWith("."))
            return true;
        var digits = text[1..].IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
            digits = text.Length - 1;
        if (digits is < 1 or > 9)
            return false;
        nanos = int.Parse(text.Slice(1, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        for (var missing = 9 - digits; missing > 0; missing--)
            nanos *= 10;
        rest = text[(digits + 1)..];
        return true;
    }

    /// <param name="zone"><c>Z</c> or <c>+hh:mm</c>.</param>
    /// <param name="offset">In seconds.</param>
    private static bool TryParseZone(ReadOnlySpan<char> zone, out int offset)
    {
        offset = 0;
        if (zone is "Z")
            return true;
        if (zone.Length != 6 || zone[0] is not ('+' or '-') || zone[3] != ':'
            || !int.TryParse(zone[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(zone[4..], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 18 || minutes > 59)
        {
            return false;
        }

        offset = (hours * 60 + minutes) * 60 * (zone[0] == '-' ? -1 : 1);
        return true;
    }
}
