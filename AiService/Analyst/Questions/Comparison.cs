using AiMesh.AiService.Analyst.Linking;
using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Questions;

/// <summary>Bounds as the question gives them, before it is known which field they are for.</summary>
/// <param name="Start">First element of the phrase.</param>
/// <param name="End">Last one.</param>
/// <param name="Low">Null: no lower bound.</param>
/// <param name="High">Null: no upper bound.</param>
/// <param name="Direction">The comparing word.</param>
/// <param name="Hint">Of an adjective such as "longer".</param>
internal sealed record Comparison(int Start, int End, Operand? Low, Operand? High, Role Direction, Hint? Hint)
{
    public bool MayBeNumber => (Low?.MayBeNumber ?? true) && (High?.MayBeNumber ?? true);

    public bool MayBeTime => (Low?.MayBeTime ?? true) && (High?.MayBeTime ?? true);

    /// <summary>The word is one for times: a year after it is no plain number.</summary>
    public bool IsTemporal => Direction is Role.Since or Role.Before or Role.After or Role.Until or Role.In || Hint is { OfTime: true };

    /// <summary>Least number that the field must reach to be meant; nobody asks for ratings of 0 to 10 between 1990 and 2000.</summary>
    public double Reach => MayBeTime ? (Low ?? High)!.Number : 0;

    private bool LowInclusive => Direction is not (Role.More or Role.After);

    private bool HighInclusive => Direction is not (Role.Less or Role.Before);

    public NumberFilter OfNumber(Column column, double scale, bool negated) => new(
        column,
        Low is null ? double.NegativeInfinity : Math.Min(Low.Number, High?.Number ?? Low.Number) * scale,
        LowInclusive,
        High is null ? double.PositiveInfinity : Math.Max(High.Number, Low?.Number ?? High.Number) * scale,
        HighInclusive,
        negated);

    public TimeFilter OfTime(Column column) => new(
        column,
        Low is null ? DateTime.MinValue : LowInclusive ? Low.Start!.Value : Low.End!.Value,
        High is null ? DateTime.MaxValue : HighInclusive ? High.End!.Value : High.Start!.Value);

    public Having OfGroups() => new(
        Low is null ? 0 : Low.Number + (LowInclusive ? 0 : 1),
        High is null ? double.PositiveInfinity : High.Number - (HighInclusive ? 0 : 1));
}
