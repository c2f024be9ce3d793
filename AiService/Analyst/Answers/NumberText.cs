using System.Globalization;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Numbers for people, the same in every culture: "1,234,567", "7.25", "0.0042".</summary>
internal static class NumberText
{
    // Beyond it a double no longer tells neighbouring integers apart.
    private const double LargestPlain = 1e15;
    private const double SmallestPlain = 1e-6;

    /// <summary>A value as the data has it.</summary>
    public static string Exact(double number) => Format(number, "#,0.##########");

    /// <summary>A computed value: two places, more only for numbers that would vanish.</summary>
    public static string Rounded(double number) => Format(number, Math.Abs(number) >= 0.1 ? "#,0.##" : "0.######");

    public static string Percent(double part, double whole) =>
        whole == 0 ? "0 %" : (100 * part / whole).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static string Format(double number, string format)
    {
        var size = Math.Abs(number);
        return size is not 0 and (>= LargestPlain or < SmallestPlain)
            ? number.ToString("0.####e+0", CultureInfo.InvariantCulture)
            : number.ToString(format, CultureInfo.InvariantCulture);
    }
}
