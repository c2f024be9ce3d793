using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Finds the values that words name: whole values first, and words within values for what nothing else explains.</summary>
internal sealed class ValueIndex
{
    /// <summary>Longest value, in words, that a question can name as a whole.</summary>
    public const int LongestValue = 14;

    private const int LongestText = 200;

    private readonly Dictionary<string, List<ValueMatch>> _whole = new(StringComparer.Ordinal);
    private readonly List<(Column Column, string Key)> _texts = [];

    public ValueIndex(Table table)
    {
        foreach (var column in table.Columns.Where(c => c.Kind is ColumnKind.Text))
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var row in table.Rows)
            {
                foreach (var part in row[column].Parts)
                {
                    if (seen.Add(part))
                        Add(column, part);
                }
            }
        }
    }

    /// <summary>Columns that have exactly this value.</summary>
    public IReadOnlyList<ValueMatch> Whole(IReadOnlyList<Word> words) =>
        _whole.TryGetValue(Key(words), out var matches) ? matches : [];

    /// <summary>Columns with values in which the words stand in this order.</summary>
    public IReadOnlyList<ValueMatch> Within(IReadOnlyList<Word> words)
    {
        var key = Key(words);
        var padded = $" {key} ";
        var matches = new List<ValueMatch>();
        foreach (var text in _texts)
        {
            if (text.Key.Contains(padded, StringComparison.Ordinal) && !matches.Exists(m => m.Column == text.Column))
                matches.Add(new ValueMatch(text.Column, key, Plain(words), IsWhole: false));
        }

        return matches;
    }

    /// <summary>Words of values, for suggestions.</summary>
    public IEnumerable<string> Vocabulary =>
        _texts.SelectMany(t => t.Key.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Concat(_whole.Keys);

    /// <summary>The normal form in which values are compared.</summary>
    public static string Key(IEnumerable<Word> words) => string.Join(' ', words.Select(w => w.Singular));

    public static string Key(string value) => Key(Lexer.Words(value));

    private void Add(Column column, string value)
    {
        var words = Lexer.Words(value).ToList();
        if (value.Length <= LongestText && words.Count is > 0 and <= LongestValue)
            AddTo(_whole, Key(words), new ValueMatch(column, Key(words), value, IsWhole: true));
        if (words.Count > 1)
            _texts.Add((column, $" {Key(words)} "));
    }

    private static string Plain(IReadOnlyList<Word> words)
    {
        var text = string.Join(' ', words.Select(w => w.Text));
        return text.EndsWith("'s", StringComparison.Ordinal) || text.EndsWith("’s", StringComparison.Ordinal) ? text[..^2] : text;
    }

    private static void AddTo(Dictionary<string, List<ValueMatch>> index, string key, ValueMatch match)
    {
        if (!index.TryGetValue(key, out var matches))
            index.Add(key, matches = []);
        if (!matches.Exists(m => m.Column == match.Column))
            matches.Add(match);
    }
}
