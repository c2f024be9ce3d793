using AiMesh.AiService.Analyst.Tables;

namespace AiMesh.AiService.Analyst.Answers;

/// <summary>Orders cells of one column: times, numbers, or text without regard to case.</summary>
internal sealed class CellOrder : IComparer<Cell>
{
    public static readonly CellOrder Instance = new();

    public int Compare(Cell x, Cell y)
    {
        if (x.Time is { } time && y.Time is { } otherTime)
            return time.CompareTo(otherTime);
        return x.Number is { } number && y.Number is { } other
            ? number.CompareTo(other)
            : string.Compare(x.Text, y.Text, StringComparison.OrdinalIgnoreCase);
    }
}
