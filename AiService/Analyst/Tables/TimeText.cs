using System.Globalization;

namespace AiMesh.AiService.Analyst.Tables;

/// <summary>Dates and times as data writes them.</summary>
internal static class TimeText
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss", "yyyy/MM/dd",
        "MMM d yyyy", "MMM dd yyyy", "d MMM yyyy", "MMMM d yyyy", "MMMM d, yyyy", "MMM d, yyyy",
    ];

    public static bool TryRead(string text, out DateTime time) =>
        DateTime.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out time);
}
