using AiMesh.AiService.Analyst.Tables;
using AiMesh.AiService.Analyst.Text;

namespace AiMesh.AiService.Analyst.Linking;

/// <summary>Finds the fields that words speak of.</summary>
internal sealed class FieldIndex(Table table)
{
    /// <summary>Most words in a mention.</summary>
    public const int LongestMention = 5;

    // They name the kind of the content, so "fund" alone already covers "fund_name".
    private static readonly string[] General = ["name", "title", "text", "value", "min", "code", "number", "id"];

    private static readonly string[] Joiners = ["of", "the", "a", "an"];

    /// <summary>The best fields for the words; null when a word fits none.</summary>
    public FieldElement? Find(IReadOnlyList<Word> words)
    {
        if (Joiners.Contains(words[0].Folded) || Joiners.Contains(words[^1].Folded))
            return null;

        var mention = words.Where(w => !Joiners.Contains(w.Folded)).ToList();
        if (mention.Exists(w => w.Kind is not WordKind.Letters and not WordKind.Number) || mention.Count > LongestMention)
            return null;

        var best = new List<Column>();
        var bestScore = 0;
        var strong = false;
        foreach (var column in table.Columns)
        {
            var (score, isStrong) = Score(mention, column);
            if (score == 0 || score < bestScore)
                continue;
            if (score > bestScore)
                (bestScore, strong) = (score, false);
            if (best.Count > 0 && score > Score(mention, best[0]).Score)
                best.Clear();
            best.Add(column);
            strong |= isStrong;
        }

        return best.Count == 0 ? null : new FieldElement(words, best, strong);
    }

    /// <summary>The only field whose description has the word; null when none or several do.</summary>
    public FieldElement? FindByDescription(Word word)
    {
        if (word.Kind is not WordKind.Letters || word.Folded.Length < 4)
            return null;

        var columns = table.Columns.Where(c => Lexer.Words(c.Description).Any(w => w.Stem == word.Stem)).Take(2).ToList();
        return columns.Count == 1 ? new FieldElement([word], columns, isStrong: false) : null;
    }

    private static (int Score, bool IsStrong) Score(List<Word> mention, Column column)
    {
        var left = column.Words.ToList();
        var score = 0;
        var literal = true;
        foreach (var word in mention)
        {
            var exact = left.FindIndex(w => w.Singular == word.Singular);
            var same = exact >= 0 ? exact : left.FindIndex(w => w.Stem == word.Stem);
            var like = same >= 0 ? same : left.FindIndex(w => Synonyms.SameField(word.Stem, w.Stem));
            if (like < 0)
                return default;

            score += exact >= 0 ? 5 : same >= 0 ? 4 : 3;
            literal &= exact >= 0;
            left.RemoveAt(like);
        }

        var covered = left.TrueForAll(w => General.Contains(w.Folded));
        // Nothing is left but words such as "name": the mention names the whole field.
        score += left.Count == 0 ? 4 : covered ? 3 : 0;
        return (score, literal || covered);
    }
}
