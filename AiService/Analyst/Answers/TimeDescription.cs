using System.Globalization;

namespace AiMesh.AiService.Analyst.Answers;

internal static class TimeDescription
{
    public static string Of(DateTime time)
    {
        if (time is { Month: 1, Day: 1, TimeOfDay.Ticks: 0 })
            return time.ToString("yyyy", CultureInfo.InvariantCulture);
        return time.TimeOfDay == TimeSpan.Zero
            ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>From inclusive to exclusive, as people say it: "in 2005", "in 2005-03", "from 2000 to 2005".</summary>
    public static string Range(DateTime from, DateTime to)
    {
        if (to == from.AddDays(1))
            return $"on {from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";
        if (from.Day == 1 && to == from.AddMonths(1))
            return $"in {from.ToString("yyyy-MM", CultureInfo.InvariantCulture)}";
        if (from is { Month: 1, Day: 1 } && to == from.AddYears(1))
            return $"in {from.ToString("yyyy", CultureInfo.InvariantCulture)}";
        return to is { Month: 1, Day: 1 } && from is { Month: 1, Day: 1 }
            ? $"from {Of(from)} to {Of(to.AddYears(-1))}"
            : $"from {Of(from)} to before {Of(to)}";
    }
}
