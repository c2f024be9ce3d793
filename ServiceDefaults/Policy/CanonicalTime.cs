using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Times and dates in one spelling of fixed width, so that their order as text is their order in time in every store.
/// </summary>
public static class CanonicalTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>Reads RFC 3339 with offset; finer digits than microseconds are cut off.</summary>
    /// <param name="text">For example "2026-11-21T10:00:00.5+01:00".</param>
    /// <param name="canonical">In UTC, always with six digits: "2026-11-21T09:00:00.500000Z".</param>
    public static bool TryTimestamp(string text, [NotNullWhen(true)] out string? canonical)
    {
        canonical = null;
        var s = text.AsSpan();
        if (s.Length is < 20 or > 64 || s[10] is not ('T' or 't')) return false;

        var digits = 0;
        if (s[19] == '.')
        {
            while (20 + digits < s.Length && char.IsAsciiDigit(s[20 + digits])) digits++;
            if (digits == 0) return false;
        }

        var zone = s[(digits == 0 ? 19 : 20 + digits)..];
        if (!DateTime.TryParseExact(s[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            || !TimeOnly.TryParseExact(s[11..19], "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || !TryOffset(zone, out var offset))
        {
            return false;
        }

        var ticks = day.Ticks + time.Ticks + Microseconds(s.Slice(20, Math.Min(digits, 6))) * TimeSpan.TicksPerMicrosecond - offset.Ticks;
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks) return false;
        canonical = new DateTime(ticks, DateTimeKind.Utc).ToString(Format, CultureInfo.InvariantCulture);
        return true;
    }

    /// <summary>Reads a calendar date.</summary>
    /// <param name="text">"2026-11-21", no other form.</param>
    /// <param name="canonical">The same text.</param>
    public static bool TryDate(string text, [NotNullWhen(true)] out string? canonical)
    {
        canonical = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : null;
        return canonical is not null;
    }

    /// <summary>A calendar date in its canonical spelling.</summary>
    public static string Date(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Reads a time of day; there is no "24:00".</summary>
    /// <param name="text">"18:00" or "18:00:30", no other form.</param>
    /// <param name="canonical">Always with seconds: "18:00:00".</param>
    public static bool TryTimeOfDay(string text, [NotNullWhen(true)] out string? canonical)
    {
        canonical = TimeOnly.TryParseExact(text, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? TimeOfDay(time) : null;
        return canonical is not null;
    }

    /// <summary>A time of day in its canonical spelling, cut off to seconds.</summary>
    public static string TimeOfDay(TimeOnly time) => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static long Microseconds(ReadOnlySpan<char> digits)
    {
        long value = 0;
        for (var i = 0; i < 6; i++) value = value * 10 + (i < digits.Length ? digits[i] - '0' : 0);
        return value;
    }

    private static bool TryOffset(ReadOnlySpan<char> zone, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (zone is "Z" or "z") return true;
        if (zone.Length != 6 || zone[0] is not ('+' or '-')) return false;
        if (!TimeSpan.TryParseExact(zone[1..], @"hh\:mm", CultureInfo.InvariantCulture, out offset)) return false;
        if (zone[0] == '-') offset = -offset;
        return true;
    }
}
