using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>A span of the question with what it was recognised as.</summary>
/// <param name="Words">The span.</param>
internal abstract class Element(IReadOnlyList<Word> words)
{
    public IReadOnlyList<Word> Words { get; } = words;

    /// <summary>Some rule has taken it into the query.</summary>
    public bool Used { get; set; }

    public string Text => string.Join(' ', Words.Select(w => w.Text));
}

/// <summary>A word or phrase with a grammatical role.</summary>
internal sealed class RoleElement(IReadOnlyList<Word> words, Role role, Hint? hint = null) : Element(words)
{
    public Role Role { get; } = role;

    public Hint? Hint { get; } = hint;
}

/// <summary>A mention of a field; several candidates where the words fit several fields equally.</summary>
internal sealed class FieldElement(IReadOnlyList<Word> words, IReadOnlyList<Column> candidates, bool isStrong) : Element(words)
{
    public IReadOnlyList<Column> Candidates { get; } = candidates;

    /// <summary>The words are those of the field's name, rather than synonyms or other forms of them.</summary>
    public bool IsStrong { get; } = isStrong;
}

/// <summary>Words that are a value of some column, or stand in its text.</summary>
internal sealed class ValueElement(IReadOnlyList<Word> words, IReadOnlyList<ValueMatch> candidates) : Element(words)
{
    public IReadOnlyList<ValueMatch> Candidates { get; } = candidates;
}

/// <param name="Column">Where it occurs.</param>
/// <param name="Key">Normalised value, or normalised words within values.</param>
/// <param name="Display">The value as the data writes it.</param>
/// <param name="IsWhole">The words are a whole value, not only words within one.</param>
internal sealed record ValueMatch(Column Column, string Key, string Display, bool IsWhole);

internal sealed class NumberElement(Word word, double value) : Element([word])
{
    public double Value { get; } = value;

    public bool IsYear => Value is >= 1800 and <= 2200 && double.IsInteger(Value) && Words[0].Folded.Length == 4;
}

/// <summary>A day, month or decade: from <paramref name="start"/> inclusive to <paramref name="end"/> exclusive.</summary>
internal sealed class PeriodElement(IReadOnlyList<Word> words, DateTime start, DateTime end) : Element(words)
{
    public DateTime Start { get; } = start;

    public DateTime End { get; } = end;
}

/// <summary>The rows of the table: its name or a word for what it holds.</summary>
internal sealed class RowsElement(IReadOnlyList<Word> words, bool isNamed) : Element(words)
{
    /// <summary>By the table's own name, not by a general word such as "records".</summary>
    public bool IsNamed { get; } = isNamed;
}
