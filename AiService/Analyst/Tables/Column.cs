using System.Collections.Immutable;
using System.Text;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Tables;

internal enum ColumnKind
{
    Text,
    Number,
    Boolean,

    /// <summary>A day, or a point in time.</summary>
    Time,
}

internal sealed class Column
{
    private static readonly string[] Units = ["min", "sec", "ms", "usd", "eur", "kg", "km", "mm", "pct", "percent", "celsius"];

    public Column(string name, ColumnKind kind, string description, int index)
    {
        Name = name;
        Kind = kind;
        Description = description;
        Index = index;
        Words = [.. Lexer.Words(Spaced(name))];
    }

    public string Name { get; }

    public ColumnKind Kind { get; }

    public string Description { get; }

    public int Index { get; }

    /// <summary>Words of the name: "running_time_min" and "runningTimeMin" have three.</summary>
    public ImmutableArray<Word> Words { get; }

    /// <summary>The name as people write it, a unit at its end in parentheses.</summary>
    public string Label => Words is [_, .., var unit] && Array.IndexOf(Units, unit.Folded) >= 0
        ? $"{string.Join(' ', Words.SkipLast(1).Select(w => w.Folded))} ({unit.Folded})"
        : string.Join(' ', Words.Select(w => w.Folded));

    /// <summary>Some cell holds several values.</summary>
    public bool HasLists { get; set; }

    /// <summary>Different values among the rows.</summary>
    public int Distinct { get; set; }

    /// <summary>Rows with a value.</summary>
    public int Filled { get; set; }

    /// <summary>Greatest number; 0 without one.</summary>
    public double Largest { get; set; }

    /// <summary>Values repeat, so that grouping by them says something.</summary>
    public bool IsCategorical => Kind is ColumnKind.Boolean || HasLists || (Filled > 0 && (Distinct <= 12 || Distinct <= Filled * 0.7));

    private static string Spaced(string name)
    {
        var spaced = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1]))
                spaced.Append(' ');
            spaced.Append(name[i] is '_' or '-' or '.' ? ' ' : name[i]);
        }

        return spaced.ToString();
    }
}
