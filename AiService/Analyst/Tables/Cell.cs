using System.Collections.Immutable;

namespace AiMesh.AiService.Analyst.Tables;

/// <summary>A value of a row; <see cref="IsEmpty"/> where the row has none.</summary>
/// <param name="Text">As it is shown; null when empty.</param>
/// <param name="Number">Of a number, and 1 or 0 of a boolean; null where the value is none.</param>
/// <param name="Time">Of a date or timestamp, in UTC.</param>
/// <param name="List">Parts of a value that has several, for example the markets of a fund; otherwise empty.</param>
internal readonly record struct Cell(string? Text, double? Number = null, DateTime? Time = null, ImmutableArray<string> List = default)
{
    public static readonly Cell Empty = new(null);

    public bool IsEmpty => Text is null;

    /// <summary>The value, or each of its parts.</summary>
    public IEnumerable<string> Parts => Text is null ? [] : List.IsDefaultOrEmpty ? [Text] : List;
}
