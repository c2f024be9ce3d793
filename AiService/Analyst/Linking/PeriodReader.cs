using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Dates, months and decades as questions write them. A year alone stays a number: only a date field makes it a year.</summary>
internal static partial class PeriodReader
{
    private static readonly FrozenDictionary<string, int> Months = Enumerable.Range(1, 12)
        .SelectMany(m => new[]
        {
            (Name: CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(m).ToLowerInvariant(), Month: m),
            (Name: CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedMonthName(m).ToLowerInvariant(), Month: m),
        })
        .DistinctBy(m => m.Name)
        .ToFrozenDictionary(m => m.Name, m => m.Month, StringComparer.Ordinal);

    public static PeriodElement? Read(IReadOnlyList<Word> words, int start)
    {
        var word = words[start];
        if (word.Kind is WordKind.Date)
            return TimeFrom(word.Folded) is { } day ? Period(words, start, 1, day, day.AddDays(1)) : null;
        if (Decade().Match(word.Folded) is { Success: true } decade)
        {
            var year = int.Parse(decade.Groups["year"].Value, CultureInfo.InvariantCulture);
            year = year < 100 ? (year < 30 ? 2000 : 1900) + year : year;
            return Period(words, start, 1, Day(year, 1, 1), Day(year + 10, 1, 1));
        }

        return MonthFirst(words, start) ?? DayFirst(words, start);
    }

    // "June 1998", "June 12, 1998"
    private static PeriodElement? MonthFirst(IReadOnlyList<Word> words, int start)
    {
        if (!Months.TryGetValue(words[start].Folded, out var month))
            return null;
        if (YearAt(words, start + 1) is { } year)
            return Period(words, start, 2, Day(year, month, 1), Day(year, month, 1).AddMonths(1));
        return DayAt(words, start + 1) is { } day && YearAt(words, start + 2) is { } dayYear && day <= DateTime.DaysInMonth(dayYear, month)
            ? Period(words, start, 3, Day(dayYear, month, day), Day(dayYear, month, day).AddDays(1))
            : null;
    }

    // "12 June 1998", "12th of June 1998"
    private static PeriodElement? DayFirst(IReadOnlyList<Word> words, int start)
    {
        var of = start + 1 < words.Count && words[start + 1].Folded == "of" ? 1 : 0;
        return DayAt(words, start) is { } day && start + 1 + of < words.Count
            && Months.TryGetValue(words[start + 1 + of].Folded, out var month)
            && YearAt(words, start + 2 + of) is { } year && day <= DateTime.DaysInMonth(year, month)
            ? Period(words, start, 3 + of, Day(year, month, day), Day(year, month, day).AddDays(1))
            : null;
    }

    private static int? YearAt(IReadOnlyList<Word> words, int index) =>
        index < words.Count && words[index] is { Folded.Length: 4, Kind: WordKind.Number, Value: >= 1000 and <= 2999 } word ? (int)word.Value : null;

    private static int? DayAt(IReadOnlyList<Word> words, int index) =>
        index < words.Count && Ordinal().Match(words[index].Folded) is { Success: true } day
        && int.Parse(day.Groups["day"].Value, CultureInfo.InvariantCulture) is >= 1 and <= 31 and var number
            ? number
            : null;

    private static DateTime? TimeFrom(string text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var day) ? day : null;

    private static DateTime Day(int year, int month, int day) => new(year, month, day, 0, 0, 0, DateTimeKind.Utc);

    private static PeriodElement Period(IReadOnlyList<Word> words, int start, int count, DateTime from, DateTime to) =>
        new([.. words.Skip(start).Take(count)], from, to);

    [GeneratedRegex(@"^(?<year>(1[89]|20)?\d0)s$", RegexOptions.None, 1000)]
    private static partial Regex Decade();

    [GeneratedRegex(@"^(?<day>\d{1,2})(st|nd|rd|th)?$", RegexOptions.None, 1000)]
    private static partial Regex Ordinal();
}
