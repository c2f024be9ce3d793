using System.Collections.Immutable;

namespace AiMesh.AiService.Analyst.Tables;

/// <summary>Rows that the question is about, as they stood in the prompt.</summary>
internal sealed record Table(string Id, string DisplayName, ImmutableArray<Column> Columns, ImmutableArray<Row> Rows)
{
    /// <summary>Rows there are; more than <see cref="Rows"/> when only a part was given.</summary>
    public int TotalRows { get; init; }

    public bool IsPartial => TotalRows > Rows.Length;

    /// <summary>Column by which a person knows a row; null when there is none.</summary>
    public Column? LabelColumn { get; init; }

    public Column? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);
}

/// <param name="Id">Id in the prompt, for example "r12".</param>
/// <param name="Cells">One a column of the table.</param>
internal sealed record Row(string Id, ImmutableArray<Cell> Cells)
{
    public Cell this[Column column] => Cells[column.Index];
}
