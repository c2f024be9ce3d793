using AiMesh.AiService.Analyst.Linking;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>What a comparison compares with: a number, a year that may be either, or a period.</summary>
/// <param name="Number">NaN for a period that is no number.</param>
/// <param name="Start">First moment, where it can be a time.</param>
/// <param name="End">First moment after it.</param>
internal sealed record Operand(double Number, DateTime? Start, DateTime? End)
{
    public bool MayBeNumber => !double.IsNaN(Number);

    public bool MayBeTime => Start is not null;

    /// <summary>The unused operand at the place; null when there is none.</summary>
    public static Operand? At(Reading reading, int index) => reading.At(index) switch
    {
        { Used: true } => null,
        NumberElement { IsYear: true } year => new Operand(year.Value, StartOf((int)year.Value), StartOf((int)year.Value + 1)),
        NumberElement number => new Operand(number.Value * Magnitude(reading, index), null, null),
        PeriodElement period => new Operand(double.NaN, period.Start, period.End),
        _ => null,
    };

    public static DateTime StartOf(int year) => new(year, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // "ten million": the number is a word, its magnitude the next one.
    private static double Magnitude(Reading reading, int index) =>
        reading.At(index + 1) is RoleElement { Role: Role.Unit } unit ? Text.Lexer.Magnitude(unit.Words[0].Folded) : 1;
}
