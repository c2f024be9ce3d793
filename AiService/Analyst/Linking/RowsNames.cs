using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Finds mentions of the table itself: "movies" and "films" of a table "movies", "fund surveys" of "Fund survey".</summary>
internal sealed class RowsNames
{
    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly HashSet<string> _heads = new(StringComparer.Ordinal);

    public RowsNames(Table table)
    {
        // "readings of pump-1" is headed by "readings", "Fund survey" by "survey".
        foreach (var name in new[] { table.Id.Replace('_', ' '), table.DisplayName })
        {
            var words = Lexer.Words(name).ToList();
            var of = words.FindIndex(w => w.Folded is "of" or "from" or "for");
            foreach (var word in words)
                _words.Add(word.Stem);
            if (words.Count > 0)
                _heads.Add((of > 0 ? words[of - 1] : words[^1]).Stem);
        }
    }

    public RowsElement? Find(IReadOnlyList<Word> words, int start)
    {
        var count = 0;
        while (start + count < words.Count && words[start + count] is { Kind: WordKind.Letters, Quote: 0 } word && (_words.Contains(word.Stem) || IsHead(word)))
            count++;
        while (count > 0 && !IsHead(words[start + count - 1]))
            count--;

        if (count > 0)
            return new RowsElement([.. words.Skip(start).Take(count)], isNamed: true);
        return Vocabulary.TryGet(words[start].Folded, out var role) && role is Role.Row ? new RowsElement([words[start]], isNamed: false) : null;
    }

    private bool IsHead(Word word) => _heads.Any(head => Synonyms.SameRows(word.Stem, head));
}
